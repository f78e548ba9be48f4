import NIOCore
import RelayCore
import RelayWire

/// A batch as events whose ids are the messages' ids: for streams of one topic, which share them.
enum EventStreamBatch: BatchFormat {
    static func encode(_ messages: [Message], of topic: TopicName) -> ByteBuffer {
        var bytes = ByteBuffer()
        for message in messages {
            EventStreamFraming.write(.message(message.fields(of: topic)), cursor: message.id, into: &bytes)
        }
        return bytes
    }
}

/// A batch as events without ids, each behind its size: for streams that put an id of their own before each. Read with
/// `readEvent()`.
enum BareEventStreamBatch: BatchFormat {
    static func encode(_ messages: [Message], of topic: TopicName) -> ByteBuffer {
        var bytes = ByteBuffer()
        for message in messages {
            let place = bytes.writerIndex
            bytes.writeInteger(UInt32(0))
            EventStreamFraming.write(.message(message.fields(of: topic)), cursor: nil, into: &bytes)
            bytes.setInteger(UInt32(bytes.writerIndex - place - 4), at: place)
        }
        return bytes
    }
}

extension ByteBuffer {
    /// The next event of a ``BareEventStreamBatch``.
    mutating func readEvent() -> ByteBuffer? {
        guard let size = self.readInteger(as: UInt32.self) else { return nil }
        return self.readSlice(length: Int(size))
    }
}

import NIOCore
import RelayCore
import RelayWire

/// Encodes what Pulse's clients are sent: a batch as one WebSocket frame for each message, and the relay's other frames.
enum PulseBatch: BatchFormat {
    static func encode(_ messages: [Message], of topic: TopicName) -> ByteBuffer {
        // Only plain topics are read here, and each of these is a channel.
        let channel = PulseChannel.channel(ofTopic: topic.rawValue) ?? topic.rawValue
        if messages.count == 1 { return self.frame(messages[0].delivery(of: channel)) }
        let deliveries = messages.map { $0.delivery(of: channel) }
        var bytes = ByteBuffer()
        bytes.reserveCapacity(deliveries.reduce(0) { $0 + self.framedSize(of: $1.size) })
        for delivery in deliveries { self.write(delivery, into: &bytes) }
        return bytes
    }

    private static func framedSize(of size: Int) -> Int { WebSocketFraming.headerSize(payloadSize: size) + size }

    private static func write(_ delivery: PulseDelivery, into bytes: inout ByteBuffer) {
        WebSocketFraming.writeHeader(.binary, payloadSize: delivery.size, into: &bytes)
        delivery.write(into: &bytes)
    }

    private static func frame(_ delivery: PulseDelivery) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.reserveCapacity(self.framedSize(of: delivery.size))
        self.write(delivery, into: &bytes)
        return bytes
    }

    static func frame(_ frame: PulseServerFrame) -> ByteBuffer {
        let size = frame.size
        var bytes = ByteBuffer()
        bytes.reserveCapacity(self.framedSize(of: size))
        self.write(frame, size, into: &bytes)
        return bytes
    }

    static func frames(_ frames: [PulseServerFrame]) -> ByteBuffer { self.pieces(frames).bytes }

    /// The same, and where each ends.
    static func pieces(_ frames: [PulseServerFrame]) -> (bytes: ByteBuffer, ends: [Int]) {
        let sizes = frames.map(\.size)
        var bytes = ByteBuffer()
        bytes.reserveCapacity(sizes.reduce(0) { $0 + self.framedSize(of: $1) })
        var ends: [Int] = []
        ends.reserveCapacity(frames.count)
        for (frame, size) in zip(frames, sizes) {
            self.write(frame, size, into: &bytes)
            ends.append(bytes.writerIndex)
        }
        return (bytes, ends)
    }

    private static func write(_ frame: PulseServerFrame, _ size: Int, into bytes: inout ByteBuffer) {
        WebSocketFraming.writeHeader(.binary, payloadSize: size, into: &bytes)
        frame.write(into: &bytes)
    }
}

/// The same for streams and datagrams of sessions: Pulse's frames say themselves how long they are.
enum PulseStreamBatch: BatchFormat {
    static func encode(_ messages: [Message], of topic: TopicName) -> ByteBuffer {
        let channel = PulseChannel.channel(ofTopic: topic.rawValue) ?? topic.rawValue
        let deliveries = messages.map { $0.delivery(of: channel) }
        var bytes = ByteBuffer()
        bytes.reserveCapacity(deliveries.reduce(0) { $0 + $1.size })
        for delivery in deliveries { delivery.write(into: &bytes) }
        return bytes
    }

    /// One for each message, which share memory with what was encoded.
    static func frames(in bytes: ByteBuffer) -> [ByteBuffer] {
        var bytes = bytes
        var frames: [ByteBuffer] = []
        while let size = bytes.getInteger(at: bytes.readerIndex, as: UInt32.self),
            let frame = bytes.readSlice(length: PulseFraming.prefixSize + Int(size))
        {
            frames.append(frame)
        }
        return frames
    }
}

extension PulseBatch {
    /// A frame of Pulse's as a message.
    static func frame(of bytes: ByteBuffer) -> ByteBuffer {
        var framed = ByteBuffer()
        framed.reserveCapacity(self.framedSize(of: bytes.readableBytes))
        WebSocketFraming.writeHeader(.binary, payloadSize: bytes.readableBytes, into: &framed)
        framed.writeImmutableBuffer(bytes)
        return framed
    }
}

extension Message {
    fileprivate func delivery(of channel: String) -> PulseDelivery {
        PulseDelivery(
            channel: channel,
            event: self.metadata.flatMap { PulsePayload.event(inMetadata: $0) },
            payload: self.payload
        )
    }
}

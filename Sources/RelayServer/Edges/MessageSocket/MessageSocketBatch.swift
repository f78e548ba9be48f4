import NIOCore
import RelayCore
import RelayWire

/// A batch as WebSocket text frames, one a message.
enum MessageSocketBatch: BatchFormat {
    static func encode(_ messages: [Message], of topic: TopicName) -> ByteBuffer {
        if messages.count == 1 { return self.frame(.message(messages[0].fields(of: topic))) }
        let frames = messages.map { ServerFrame.message($0.fields(of: topic)) }
        var bytes = ByteBuffer()
        bytes.reserveCapacity(frames.reduce(0) { $0 + $1.framedSize })
        for frame in frames { frame.writeFramed(into: &bytes) }
        return bytes
    }

    static func frame(_ frame: ServerFrame) -> ByteBuffer {
        var bytes = ByteBuffer()
        frame.writeFramed(into: &bytes)
        return bytes
    }
}

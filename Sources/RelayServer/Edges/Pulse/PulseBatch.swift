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
        WebSocketFraming.writeHeader(.binary, payloadSize: size, into: &bytes)
        frame.write(into: &bytes)
        return bytes
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

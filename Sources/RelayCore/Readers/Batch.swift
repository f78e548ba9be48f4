public import NIOCore

/// Messages on their way to readers of one event loop, encoded at most once per wire format.
///
/// Made and used on one loop; readers that take it whole share its bytes.
public final class Batch {
    public let topic: TopicName
    /// In id order; at least one.
    public let messages: [Message]

    private typealias Encoding = (format: ObjectIdentifier, bytes: ByteBuffer)

    /// Nearly all topics are read over one protocol.
    private var encoding: Encoding?
    private var otherEncodings: [Encoding] = []

    public init(topic: TopicName, messages: [Message]) {
        self.topic = topic
        self.messages = messages
    }

    /// All messages in `format`, one after another in one buffer.
    public func encoded<Format: BatchFormat>(as format: Format.Type) -> ByteBuffer {
        let identifier = ObjectIdentifier(format)
        if let encoding = self.encoding, encoding.format == identifier { return encoding.bytes }
        for encoding in self.otherEncodings where encoding.format == identifier {
            return encoding.bytes
        }
        let bytes = Format.encode(self.messages, of: self.topic)
        if self.encoding == nil {
            self.encoding = (identifier, bytes)
        } else {
            self.otherEncodings.append((identifier, bytes))
        }
        return bytes
    }
}

/// How an edge writes messages on its wire.
public protocol BatchFormat {
    static func encode(_ messages: [Message], of topic: TopicName) -> ByteBuffer
}

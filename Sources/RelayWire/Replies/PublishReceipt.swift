public import NIOCore

/// Tells a publisher where its message was stored.
public struct PublishReceipt: Hashable, Sendable {
    /// Nil where the message was taken, and is not stored yet.
    public var id: MessageID?
    public var topic: String
    public var timestamp: Timestamp
    /// What the message survives, where it is said in the receipt and not beside it.
    public var durability: String?

    public init(id: MessageID?, topic: String, timestamp: Timestamp, durability: String? = nil) {
        self.durability = durability
        self.id = id
        self.topic = topic
        self.timestamp = timestamp
    }

    /// In bytes, exactly.
    public var size: Int { JSONSize.of { self.put(into: &$0) } }

    public func write(into buffer: inout ByteBuffer) {
        buffer.writeWithOutputRawSpan(minimumWritableBytes: self.size) { self.put(into: &$0) }
    }

    private func put(into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        sink.put("{")
        self.putFields(into: &sink)
        sink.put("}")
    }

    /// Without the braces, for the WebSocket's `published` frame as well.
    func putFields(into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        sink.put(#""message_id":"#)
        sink.put(idOrNull: self.id)
        sink.put(#","topic":"#)
        sink.put(text: self.topic)
        sink.put(#","timestamp":"#)
        sink.put(self.timestamp)
        guard let durability = self.durability else { return }
        sink.put(#","durability":"#)
        sink.put(text: durability)
    }
}

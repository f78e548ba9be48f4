public import NIOCore

/// One page of a topic's history.
public struct HistoryResponse: Hashable, Sendable {
    /// In the order asked for. `total` is their number, and `next_cursor` the last one's id.
    public var messages: [MessageFields]
    /// After capping.
    public var limit: Int
    /// `asc` or `desc`.
    public var order: String
    /// As the client sent it; nil for none.
    public var cursor: String?

    public init(messages: [MessageFields], limit: Int, order: String, cursor: String? = nil) {
        self.messages = messages
        self.limit = limit
        self.order = order
        self.cursor = cursor
    }

    /// In bytes, exactly.
    public var size: Int { JSONSize.of { self.put(into: &$0) } }

    public func write(into buffer: inout ByteBuffer) {
        buffer.writeWithOutputRawSpan(minimumWritableBytes: self.size) { self.put(into: &$0) }
    }

    private func put(into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        sink.put(#"{"messages":["#)
        sink.putList(self.messages) { $0.put(as: .history, into: &$1) }
        sink.put(#"],"total":"#)
        sink.put(count: self.messages.count)
        sink.put(#","limit":"#)
        sink.put(count: self.limit)
        sink.put(#","order":"#)
        sink.put(text: self.order)
        sink.put(#","cursor":"#)
        sink.put(textOrNull: self.cursor)
        sink.put(#","next_cursor":"#)
        sink.put(idOrNull: self.messages.last?.id)
        sink.put("}")
    }
}

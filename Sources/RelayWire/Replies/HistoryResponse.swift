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
    /// The stream's, as clients see it. The field is left out where there is none.
    public var epoch: String?
    /// What is gone between the cursor and the page. The field is left out where nothing is.
    public var gap: GapFields?

    public init(
        messages: [MessageFields],
        limit: Int,
        order: String,
        cursor: String? = nil,
        epoch: String? = nil,
        gap: GapFields? = nil
    ) {
        self.messages = messages
        self.limit = limit
        self.order = order
        self.cursor = cursor
        self.epoch = epoch
        self.gap = gap
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
        if let epoch = self.epoch {
            sink.put(#","epoch":"#)
            sink.put(text: epoch)
        }
        if let gap = self.gap {
            sink.put(#","gap":{"#)
            gap.putPlace(into: &sink)
            sink.put("}")
        }
        sink.put("}")
    }
}

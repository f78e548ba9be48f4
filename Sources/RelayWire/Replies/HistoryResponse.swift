public import NIOCore

/// One page of a topic's history, written in stretches: so that it need not be in memory as a whole.
public struct HistoryResponse: Hashable, Sendable {
    /// After capping.
    public let limit: Int
    /// `asc` or `desc`.
    public let order: String
    /// As the client sent it; nil for none.
    public let cursor: String?
    /// The stream's, as clients see it. The field is left out where there is none.
    public let epoch: String?
    /// What is gone between the cursor and the page. The field is left out where nothing is.
    public let gap: GapFields?
    /// How many messages were written so far.
    public private(set) var total = 0
    /// The last one's.
    private var lastID: MessageID?
    private var hasBegun = false

    public init(
        limit: Int,
        order: String,
        cursor: String? = nil,
        epoch: String? = nil,
        gap: GapFields? = nil
    ) {
        self.limit = limit
        self.order = order
        self.cursor = cursor
        self.epoch = epoch
        self.gap = gap
    }

    /// Writes the next messages of the page, in the order asked for; before the first ones, the object's beginning.
    public mutating func write(_ messages: [MessageFields], into buffer: inout ByteBuffer) {
        let size = JSONSize.of { self.put(messages, into: &$0) }
        buffer.writeWithOutputRawSpan(minimumWritableBytes: size) { self.put(messages, into: &$0) }
        self.hasBegun = true
        self.total += messages.count
        self.lastID = messages.last?.id ?? self.lastID
    }

    /// Writes what comes behind the messages: their number is `total`, and the last one's id `next_cursor`.
    public func writeEnd(into buffer: inout ByteBuffer) {
        let size = JSONSize.of { self.putEnd(into: &$0) }
        buffer.writeWithOutputRawSpan(minimumWritableBytes: size) { self.putEnd(into: &$0) }
    }

    private func put(_ messages: [MessageFields], into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        if !self.hasBegun { sink.put(#"{"messages":["#) }
        if self.total > 0, !messages.isEmpty { sink.put(",") }
        sink.putList(messages) { $0.put(as: .history, into: &$1) }
    }

    private func putEnd(into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        sink.put(#"],"total":"#)
        sink.put(count: self.total)
        sink.put(#","limit":"#)
        sink.put(count: self.limit)
        sink.put(#","order":"#)
        sink.put(text: self.order)
        sink.put(#","cursor":"#)
        sink.put(textOrNull: self.cursor)
        sink.put(#","next_cursor":"#)
        sink.put(idOrNull: self.lastID)
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

import RelayCore
import RelayWire

/// Collects one page, message by message in the request's order, and knows when it is full.
struct PageBuilder {
    private let request: ReadRequest
    private var messages: [Message] = []
    private var bytes = 0
    private var hasMore = false
    private var lostThrough: MessageID?

    init(_ request: ReadRequest) {
        self.request = request
    }

    private var isFull: Bool {
        guard !self.messages.isEmpty else { return false }
        return self.messages.count >= self.request.maxMessages || self.bytes >= self.request.maxBytes
    }

    /// - Returns: whether to go on. A full page still wants the next unexpired message, to know that there is one.
    mutating func offer(_ message: Message) -> Bool {
        guard !message.isExpired(at: self.request.now) else { return true }
        guard !self.isFull else {
            self.hasMore = true
            return false
        }
        self.messages.append(message)
        self.bytes += message.memoryCost
        return true
    }

    /// A message that can't be read back.
    ///
    /// - Returns: whether to go on: a page forward ends before it.
    mutating func offerUnreadable(_ id: MessageID) -> Bool {
        guard case .forward = self.request.range else { return true }
        guard self.messages.isEmpty else {
            self.hasMore = true
            return false
        }
        self.lostThrough = id
        return true
    }

    func page(bounds: StreamBounds) -> StoredPage {
        StoredPage(messages: self.messages, hasMore: self.hasMore, bounds: bounds, lostThrough: self.lostThrough)
    }
}

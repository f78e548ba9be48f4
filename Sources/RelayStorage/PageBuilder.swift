import RelayCore
import RelayWire

/// Collects one page, message by message in the request's order, and knows when it is full.
struct PageBuilder {
    private let request: ReadRequest
    private var messages: [Message] = []
    private var bytes = 0
    private var hasMore = false
    private var lostThrough: MessageID?
    /// Whether a message was lost behind those, whose id can't be read either.
    private var hasUnplacedLoss = false

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
        self.placeLoss(before: message.id)
        self.messages.append(message)
        self.bytes += message.memoryCost
        return true
    }

    /// A message that can't be read back.
    ///
    /// - Parameter id: nil where it can't be read either. The message then lies anywhere before the next.
    /// - Returns: whether to go on: a page forward ends before it.
    mutating func offerUnreadable(_ id: MessageID?) -> Bool {
        guard case .forward = self.request.range else { return true }
        guard self.messages.isEmpty else {
            self.hasMore = true
            return false
        }
        self.hasUnplacedLoss = id == nil
        self.lostThrough = id ?? self.lostThrough
        return true
    }

    private mutating func placeLoss(before id: MessageID) {
        guard self.hasUnplacedLoss else { return }
        self.hasUnplacedLoss = false
        self.lostThrough = id.previous
    }

    /// - Parameter bounds: the stream's.
    func page(bounds: StreamBounds) -> StoredPage {
        var lostThrough = self.lostThrough
        if self.hasUnplacedLoss, case .forward(_, let through) = self.request.range {
            lostThrough = min(through ?? .max, bounds.last)
        }
        return StoredPage(messages: self.messages, hasMore: self.hasMore, bounds: bounds, lostThrough: lostThrough)
    }
}

extension ReadRequest {
    /// Where a page forward ends. A snapshot stands for what lies before it, so it is in every stretch that begins there.
    ///
    /// - Parameter snapshot: the stream's newest.
    func end(_ through: MessageID?, _ after: MessageID, _ snapshot: MessageID?) -> MessageID {
        let through = through ?? .max
        guard !self.includesSuperseded, let snapshot, after < snapshot, after < through else { return through }
        return max(through, snapshot)
    }
}

extension MessageID {
    /// The largest id before this one; itself where there is none.
    var previous: MessageID {
        if self.sequence > 0 { return MessageID(milliseconds: self.milliseconds, sequence: self.sequence - 1) }
        guard self.milliseconds > 0 else { return self }
        return MessageID(milliseconds: self.milliseconds - 1, sequence: .max)
    }
}

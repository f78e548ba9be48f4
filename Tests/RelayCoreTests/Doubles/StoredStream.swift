import RelayCore
import RelayWire

/// One topic's messages as ``TestStore`` keeps them.
struct StoredStream {
    private(set) var messages: [Message] = []
    private var sequence = IDSequence()
    private var trimmedThrough = MessageID.zero
    private var epoch = StreamEpoch.none
    /// What can't be read back.
    private var damaged: Set<MessageID> = []

    var bounds: StreamBounds {
        StreamBounds(
            epoch: self.epoch,
            last: self.sequence.last,
            trimmedThrough: self.trimmedThrough,
            count: self.messages.count
        )
    }

    mutating func append(_ draft: Draft, at now: Timestamp) -> MessageID {
        let id = self.sequence.next(at: now)
        self.messages.append(draft.message(id: id))
        return id
    }

    mutating func trim(toMessages maxMessages: Int) {
        let excess = self.messages.count - maxMessages
        guard excess > 0 else { return }
        self.trimmedThrough = self.messages[excess - 1].id
        self.messages.removeFirst(excess)
    }

    /// The newest messages are gone, and a new epoch knows of it.
    mutating func loseTail(of count: Int) {
        self.messages.removeLast(count)
        let start = self.messages.last?.id ?? .zero
        let holes = self.epoch.holes + [StreamHole(after: start, through: self.sequence.last)]
        self.epoch = StreamEpoch(id: self.epoch.id + 1, start: start, holes: holes)
    }

    /// Nothing of what it stands for is kept.
    mutating func put(_ snapshot: StreamSnapshot) -> Bool {
        guard let index = self.messages.firstIndex(where: { $0.id == snapshot.id }) else { return false }
        self.messages.removeFirst(index)
        self.messages[0] = Message(
            id: snapshot.id,
            timestamp: self.messages[0].timestamp,
            payload: snapshot.payload,
            format: snapshot.format,
            metadata: nil,
            expiresAt: nil,
            isSnapshot: true
        )
        return true
    }

    mutating func damage(_ id: MessageID) { self.damaged.insert(id) }

    mutating func clear() {
        self.messages = []
        self.trimmedThrough = self.sequence.last
    }

    /// - Returns: the bounds, if anything went by age.
    mutating func sweep(at now: Timestamp, _ retention: Retention) -> StreamBounds? {
        self.messages.removeAll { $0.isExpired(at: now) }
        guard let age = retention.maxAgeSeconds else { return nil }
        let oldest = now.adding(seconds: -age)
        let old = self.messages.dropLast().prefix { $0.timestamp < oldest }.count
        guard old > 0 else { return nil }
        self.trim(toMessages: self.messages.count - old)
        return self.bounds
    }

    func page(_ request: ReadRequest) -> StoredPage {
        let kept = self.messages.filter { !$0.isExpired(at: request.now) }
        let inRange: [Message]
        switch request.range {
        case .forward(let after, let through):
            // A snapshot stands for all of a stretch that ends before it.
            let snapshot = kept.first.flatMap { $0.isSnapshot && after < $0.id ? $0.id : nil }
            let through = through.map { after < $0 ? max($0, snapshot ?? $0) : $0 }
            inRange = kept.filter { $0.id > after && $0.id <= through ?? .max }
        case .backward(let before):
            inRange = kept.reversed().filter { before.map { $0 } ?? .max > $0.id }
        }
        var page: [Message] = []
        var bytes = 0
        var lost: MessageID?
        var looked = 0
        looking: for message in inRange {
            guard page.count < request.maxMessages, bytes < request.maxBytes else { break }
            switch (self.damaged.contains(message.id), request.range) {
            case (true, .forward):
                guard page.isEmpty else { break looking }
                lost = message.id
            case (true, .backward): break
            case (false, _):
                page.append(message)
                bytes += message.memoryCost
            }
            looked += 1
        }
        return StoredPage(messages: page, hasMore: looked < inRange.count, bounds: self.bounds, lostThrough: lost)
    }
}

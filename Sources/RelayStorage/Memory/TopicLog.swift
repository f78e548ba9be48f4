import DequeModule
import RelayCore
import RelayWire

/// One topic's stream in memory: a value, owned by its shard's lock.
struct TopicLog {
    private var epoch = StreamEpoch.new()
    private var ids = IDSequence()
    private var trimmedThrough = MessageID.zero
    /// Ascending by id.
    private var messages: Deque<Message> = []
    /// The largest count since the ring's storage was last made to fit.
    private var peak = 0
    /// How many of the messages have a `ttl`; a sweep passes by where there are none.
    private var expiring = 0
    /// Of a compacted stream.
    private var latest = LatestMessages()
    /// The messages' ``Message/memoryCost``.
    private(set) var bytes = 0

    var bounds: StreamBounds {
        StreamBounds(
            epoch: self.epoch,
            last: self.ids.last,
            trimmedThrough: self.trimmedThrough,
            count: self.messages.count
        )
    }

    /// - Parameter key: a message of the same key goes; nil where none does.
    mutating func append(_ draft: Draft, replacing key: String?) -> StoredDraft {
        let message = draft.message(id: self.ids.next(at: draft.timestamp))
        self.bytes += message.memoryCost
        if message.expiresAt != nil { self.expiring += 1 }
        self.messages.append(message)
        self.peak = max(self.peak, self.messages.count)
        if let key {
            let replaced = self.latest.note(
                key,
                message.id,
                kept: self.messages.count,
                from: self.messages.first?.id
            )
            if let replaced { self.remove(replaced) }
        }
        return StoredDraft(id: message.id, timestamp: message.timestamp)
    }

    mutating func trim(toCount limit: Int) {
        while self.messages.count > max(1, limit) {
            self.removeOldest()
        }
    }

    /// Removes the oldest messages until `bytes` are free or only `keeping` are left.
    mutating func free(_ bytes: Int, keeping: Int) {
        let goal = self.bytes - bytes
        while self.bytes > goal, self.messages.count > keeping {
            self.removeOldest()
        }
    }

    /// What a deletion leaves behind.
    mutating func purge() {
        // Nobody misses anything of an empty history.
        guard !self.messages.isEmpty || self.trimmedThrough != self.ids.last else { return }
        self.messages = []
        self.peak = 0
        self.expiring = 0
        self.bytes = 0
        self.trimmedThrough = self.ids.last
        self.epoch = .new(after: self.ids.last)
    }

    /// - Returns: whether messages went because of their age.
    mutating func sweep(at now: Timestamp, cutoff: RetentionCutoff, of key: TopicKey) -> Bool {
        if self.expiring > 0 { self.removeExpired(at: now) }
        let trimmedBefore = self.trimmedThrough
        if self.messages.count > 1, let limit = cutoff.messageMilliseconds(of: key) {
            while self.messages.count > 1, let oldest = self.messages.first, oldest.id.milliseconds < limit {
                self.removeOldest()
            }
        }
        self.fitStorage()
        return self.trimmedThrough != trimmedBefore
    }

    /// The messages that stay are copied, so this costs the topic's length: once per sweep, where something expired.
    private mutating func removeExpired(at now: Timestamp) {
        guard self.messages.contains(where: { $0.isExpired(at: now) }) else { return }
        self.messages.removeAll { $0.isExpired(at: now) }
        self.expiring = self.messages.count { $0.expiresAt != nil }
        self.bytes = self.messages.reduce(0) { $0 + $1.memoryCost }
    }

    /// Takes out what was replaced. It does not count as trimmed.
    private mutating func remove(_ id: MessageID) {
        let index = self.firstIndex { $0 >= id }
        guard index < self.messages.count, self.messages[index].id == id else { return }
        let message = self.messages.remove(at: index)
        self.bytes -= message.memoryCost
        if message.expiresAt != nil { self.expiring -= 1 }
    }

    private mutating func removeOldest() {
        guard let oldest = self.messages.popFirst() else { return }
        self.bytes -= oldest.memoryCost
        if oldest.expiresAt != nil { self.expiring -= 1 }
        self.trimmedThrough = oldest.id
    }

    /// A ring never shrinks on its own.
    private mutating func fitStorage() {
        guard self.peak > 64, self.messages.count * 4 < self.peak else { return }
        self.messages = Deque(Array(self.messages))
        self.peak = self.messages.count
    }
}

// MARK: - Reading

extension TopicLog {
    func page(_ request: ReadRequest) -> StoredPage {
        var builder = PageBuilder(request)
        switch request.range {
        case .forward(let after, let through):
            var index = self.firstIndex { $0 > after }
            while index < self.messages.count, through.map({ self.messages[index].id <= $0 }) ?? true,
                builder.offer(self.messages[index])
            {
                index += 1
            }
        case .backward(let before):
            var index = before.map { id in self.firstIndex { $0 >= id } } ?? self.messages.count
            while index > 0, builder.offer(self.messages[index - 1]) {
                index -= 1
            }
        }
        return builder.page(bounds: self.bounds)
    }

    /// Binary search: `isBeyond` is false up to some id and true from there on.
    private func firstIndex(where isBeyond: (MessageID) -> Bool) -> Int {
        var (low, high) = (0, self.messages.count)
        while low < high {
            let middle = low + (high - low) / 2
            if isBeyond(self.messages[middle].id) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

import DequeModule
import RelayCore
import RelayWire

/// One topic's stream in memory: a value, owned by its shard's lock.
struct TopicLog {
    private var epoch = StreamEpoch.new()
    private var ids = IDSequence()
    private var trimmedThrough = MessageID.zero
    /// Ascending by id; first those that the newest snapshot stands for.
    private var messages: Deque<Message> = []
    /// Which of them are snapshots, ascending.
    private var snapshots: Deque<MessageID> = []
    /// How many of the messages lie before the newest snapshot.
    private var superseded = 0
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
            count: self.shown
        )
    }

    /// How many messages readers get.
    private var shown: Int { self.messages.count - self.superseded }

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
        while self.shown > max(1, limit) {
            self.trimOldest()
        }
    }

    /// Removes the oldest messages until `bytes` are free or only `keeping` are left. First goes what a snapshot stands for, as nobody has
    /// a gap then.
    mutating func free(_ bytes: Int, keeping: Int) {
        let goal = self.bytes - bytes
        while self.bytes > goal, self.superseded > 0 { self.forgetSomeSuperseded() }
        while self.bytes > goal, self.shown > keeping {
            self.trimOldest()
        }
    }

    /// - Returns: whether it has taken its message's place.
    mutating func put(_ snapshot: StreamSnapshot) -> Bool {
        let index = self.firstIndex { $0 >= snapshot.id }
        guard snapshot.known.epoch.id == self.epoch.id, snapshot.id > self.snapshots.last ?? .zero,
            index < self.messages.count, self.messages[index].id == snapshot.id
        else { return false }
        let replaced = self.messages[index]
        let message = snapshot.message(replacing: replaced)
        self.messages[index] = message
        self.bytes += message.memoryCost - replaced.memoryCost
        if replaced.expiresAt != nil { self.expiring -= 1 }
        self.snapshots.append(snapshot.id)
        self.superseded = index
        self.forgetSuperseded(before: snapshot.retention.supersededMilliseconds(at: snapshot.now))
        self.fitStorage()
        return true
    }

    /// What lies before the newest snapshot whose id has fewer milliseconds.
    private mutating func forgetSuperseded(before milliseconds: UInt64) {
        guard self.superseded > 0 else { return }
        while self.snapshots.count > 1, self.snapshots[1].milliseconds < milliseconds { self.snapshots.removeFirst() }
        guard let base = self.snapshots.first, base.milliseconds < milliseconds else { return }
        while let first = self.messages.first, first.id < base { self.forgetFirst() }
    }

    /// All before the first snapshot, or else before the second: a part of what one stands for is worth nothing.
    private mutating func forgetSomeSuperseded() {
        if self.snapshots.count > 1, self.messages.first?.id == self.snapshots.first { self.snapshots.removeFirst() }
        while let first = self.messages.first, let base = self.snapshots.first, first.id < base { self.forgetFirst() }
    }

    private mutating func forgetFirst() {
        self.removeFirst()
        self.superseded -= 1
    }

    /// Stores a part of a stream as it was elsewhere.
    mutating func take(_ part: StreamPart) {
        for message in part.messages {
            if message.isSnapshot {
                self.snapshots.append(message.id)
                self.superseded = self.messages.count
            }
            self.messages.append(message)
            self.bytes += message.memoryCost
            if message.expiresAt != nil { self.expiring += 1 }
        }
        self.peak = max(self.peak, self.messages.count)
        self.epoch = part.epoch
        self.trimmedThrough = part.trimmedThrough
        self.ids = IDSequence(after: part.last)
    }

    /// What a deletion leaves behind.
    mutating func purge() {
        // Nobody misses anything of an empty history.
        guard !self.messages.isEmpty || self.trimmedThrough != self.ids.last else { return }
        self.messages = []
        self.snapshots = []
        self.superseded = 0
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
        if self.shown > 1, let limit = cutoff.messageMilliseconds(of: key) {
            while self.shown > 1, self.messages[self.superseded].id.milliseconds < limit {
                self.trimOldest()
            }
        }
        if self.superseded > 0 { self.forgetSuperseded(before: cutoff.supersededMilliseconds(of: key)) }
        self.fitStorage()
        return self.trimmedThrough != trimmedBefore
    }

    /// The messages that stay are copied, so this costs the topic's length: once per sweep, where something expired.
    private mutating func removeExpired(at now: Timestamp) {
        guard self.messages.contains(where: { $0.isExpired(at: now) }) else { return }
        self.messages.removeAll { $0.isExpired(at: now) }
        self.expiring = self.messages.count { $0.expiresAt != nil }
        self.bytes = self.messages.reduce(0) { $0 + $1.memoryCost }
        if let snapshot = self.snapshots.last { self.superseded = self.firstIndex { $0 >= snapshot } }
    }

    /// Takes out what was replaced. It does not count as trimmed.
    private mutating func remove(_ id: MessageID) {
        let index = self.firstIndex { $0 >= id }
        guard index < self.messages.count, self.messages[index].id == id else { return }
        let message = self.messages.remove(at: index)
        self.bytes -= message.memoryCost
        if message.expiresAt != nil { self.expiring -= 1 }
    }

    /// Trims the oldest message that readers get; what it stands for goes with it.
    private mutating func trimOldest() {
        while self.superseded > 0 { self.forgetFirst() }
        self.snapshots = []
        guard let id = self.removeFirst() else { return }
        self.trimmedThrough = id
    }

    @discardableResult
    private mutating func removeFirst() -> MessageID? {
        guard let first = self.messages.popFirst() else { return nil }
        self.bytes -= first.memoryCost
        if first.expiresAt != nil { self.expiring -= 1 }
        return first.id
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
        let start = request.includesSuperseded ? 0 : self.superseded
        switch request.range {
        case .forward(let after, let through):
            var index = max(start, self.firstIndex { $0 > after })
            let end = request.end(through, after, self.snapshots.last)
            while index < self.messages.count, self.messages[index].id <= end, builder.offer(self.messages[index]) {
                index += 1
            }
        case .backward(let before):
            var index = before.map { id in self.firstIndex { $0 >= id } } ?? self.messages.count
            while index > start, builder.offer(self.messages[index - 1]) {
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

extension StreamSnapshot {
    fileprivate func message(replacing message: Message) -> Message {
        Message(
            id: self.id,
            timestamp: message.timestamp,
            payload: self.payload,
            format: self.format,
            metadata: nil,
            expiresAt: nil,
            sender: message.sender,
            isSnapshot: true
        )
    }
}

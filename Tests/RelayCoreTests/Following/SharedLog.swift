import RelayCore
import RelayWire
import SeededRandom

/// One topic as a store that several relays share keeps it, with all that ever was in it.
struct SharedLog {
    /// One history of the stream.
    struct History {
        let epoch: StreamEpoch
        /// What was appended while it was in force: ids and the drafts' numbers.
        var appended: [(id: MessageID, number: Int)] = []
    }

    private(set) var histories: [History] = []
    private(set) var messages: [Message] = []
    private var ids = IDSequence()
    private var trimmedThrough = MessageID.zero
    private(set) var record: TopicRecord?
    /// Whether each loss is noticed before anything is stored after it, as long as anybody knows what was lost: no id is given out twice.
    let noticesLosses: Bool
    /// Whether there were so many holes that some became one.
    private(set) var hasMergedHoles = false

    init(noticesLosses: Bool) {
        self.noticesLosses = noticesLosses
    }

    var bounds: StreamBounds {
        StreamBounds(
            epoch: self.histories.last?.epoch ?? .none,
            last: self.ids.last,
            trimmedThrough: self.trimmedThrough,
            count: self.messages.count
        )
    }

    var stored: StoredTopic? {
        self.record.map { StoredTopic(record: $0, grants: [], bounds: self.bounds) }
    }

    /// All that a reader of a history may see, oldest first: what it shares with those before it, and its own.
    func lineage(of index: Int) -> [(id: MessageID, number: Int)] {
        self.histories[...index].reduce(into: []) { lineage, history in
            lineage.removeAll { $0.id > history.epoch.start }
            lineage += history.appended
        }
    }

    /// All that was ever stored, in the order of ids where losses are noticed.
    var everything: [(id: MessageID, number: Int)] { self.histories.flatMap(\.appended) }

    // MARK: What relays ask

    mutating func append(
        _ batch: AppendBatch,
        at now: Timestamp,
        _ random: inout SeededGenerator
    ) -> Result<(AppendReceipt, StreamGrowth), StoreError> {
        if batch.known.epoch != .none, self.bounds.epoch.id != batch.known.epoch.id || self.hasLost(batch.known) {
            _ = self.position(known: batch.known, &random)
            return .failure(StoreError(.superseded, "another epoch"))
        }
        if self.histories.isEmpty { self.begin(after: .zero, &random) }
        let previous = self.ids.last
        var stored: [Message] = []
        for draft in batch.drafts {
            let message = draft.message(id: self.ids.next(at: now))
            stored.append(message)
            self.messages.append(message)
            self.histories[self.histories.count - 1].appended.append((message.id, message.number ?? 0))
        }
        self.trim(toCount: batch.retention.maxMessages)
        let receipts = zip(stored, batch.drafts).map { StoredDraft(id: $0.id, timestamp: $1.timestamp) }
        let isTooLargeToAnnounce = random.chance(25)
        return .success(
            (
                AppendReceipt(stored: receipts, previous: previous, bounds: self.bounds),
                StreamGrowth(
                    previous: previous,
                    messages: isTooLargeToAnnounce ? [] : stored,
                    bounds: self.bounds
                )
            )
        )
    }

    mutating func position(known: StreamBounds, _ random: inout SeededGenerator) -> StreamBounds {
        if self.hasLost(known) {
            self.begin(after: self.ids.last, &random)
            self.ids = IDSequence(after: max(self.ids.last, known.last))
        }
        return self.bounds
    }

    private func hasLost(_ known: StreamBounds) -> Bool {
        guard known.epoch != .none else { return false }
        return self.histories.isEmpty || self.bounds.epoch.id == known.epoch.id && self.ids.last < known.last
    }

    func page(_ request: ReadRequest) -> StoredPage {
        let found =
            switch request.range {
            case .forward(let after, let through): self.messages.filter { $0.id > after && $0.id <= through ?? .max }
            case .backward(let before): Array(self.messages.filter { $0.id < before ?? .max }.reversed())
            }
        let page = Array(found.prefix(request.maxMessages))
        return StoredPage(messages: page, hasMore: page.count < found.count, bounds: self.bounds)
    }

    // MARK: What happens to it

    private mutating func begin(
        after start: MessageID,
        holes: [StreamHole] = [],
        _ random: inout SeededGenerator
    ) {
        let epoch = StreamEpoch(id: .random(in: 1 ... .max, using: &random), start: start, holes: holes)
        self.histories.append(History(epoch: epoch))
    }

    mutating func trim(toCount limit: Int) {
        let excess = self.messages.count - limit
        guard excess > 0 else { return }
        self.trimmedThrough = self.messages[excess - 1].id
        self.messages.removeFirst(excess)
    }

    /// Takes what the name had before.
    mutating func create(_ record: TopicRecord, _ random: inout SeededGenerator) {
        self.record = record
        guard !self.messages.isEmpty else { return }
        self.messages = []
        self.trimmedThrough = self.ids.last
        self.begin(after: self.ids.last, &random)
    }

    mutating func delete(_ random: inout SeededGenerator) -> StreamBounds? {
        guard self.record != nil else { return nil }
        self.record = nil
        self.messages = []
        self.trimmedThrough = self.ids.last
        if !self.histories.isEmpty { self.begin(after: self.ids.last, &random) }
        return self.bounds
    }

    /// A failover: the newest `count` messages are gone. Where that isn't noticed their ids may be given out again.
    mutating func loseTail(of count: Int, _ random: inout SeededGenerator) {
        guard !self.histories.isEmpty, !self.messages.isEmpty else { return }
        self.messages.removeLast(min(count, self.messages.count))
        let start = self.messages.last?.id ?? self.trimmedThrough
        if self.noticesLosses {
            self.begin(after: start, holes: self.holes(withOneAfter: start), &random)
        } else {
            self.ids = IDSequence(after: start)
            self.begin(after: start, &random)
        }
    }

    private mutating func holes(withOneAfter start: MessageID) -> [StreamHole] {
        var holes = self.bounds.epoch.holes.filter { $0.through > self.trimmedThrough && $0.after < start }
        holes.append(StreamHole(after: start, through: self.ids.last))
        if holes.count > 4 {
            holes.replaceSubrange(0..<2, with: [StreamHole(after: holes[0].after, through: holes[1].through)])
            self.hasMergedHoles = true
        }
        return holes
    }
}

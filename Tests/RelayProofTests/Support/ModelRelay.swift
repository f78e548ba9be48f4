import RelayClient
import RelayProof
import RelayWire

/// A relay in a few arrays, with publishers and readers that take turns as the seed says, and with one fault if it is told so.
///
/// Everything that happens is told to a ledger, as the engine would.
struct ModelRelay {
    static let topics = ["a", "b"]
    static let readerCount = 3

    var ledger = Ledger(run: "model", topics: Self.topics, readerCount: Self.readerCount)
    /// What is kept, by topic.
    var kept: [[RelayMessage]] = [[], []]
    private var random: ProofRandom
    private var plant: Fault?
    private var clock: Int64 = 0
    private var lastID: UInt64 = 100
    /// Stored, and not yet acknowledged.
    private var pending: [(number: Int, id: String)] = []

    init(seed: UInt64, plant: Fault?) {
        self.random = ProofRandom(seed: seed)
        self.plant = plant
    }

    /// Many turns, then the end of a run.
    mutating func run(trims: Bool = false) {
        self.ledger.publishingBegan(at: 0)
        for reader in 0..<Self.readerCount { self.ledger.readerAttached(reader, at: 0) }
        for _ in 0..<20 { self.publish() }
        for turn in 0..<400 {
            self.clock += 1000
            switch Int.random(in: 0..<10, using: &self.random) {
            case 0..<4: self.publish()
            case 4: self.acknowledge()
            case 5: self.reconnect()
            case 6 where trims && turn % 7 == 0: self.trim()
            default: self.read(Int.random(in: 0..<Self.readerCount, using: &self.random), limit: 5)
            }
        }
        self.finish()
    }

    private mutating func finish() {
        while !self.pending.isEmpty { self.acknowledge() }
        self.ledger.publishingEnded(at: self.clock)
        for reader in 0..<Self.readerCount { for _ in Self.topics { self.read(reader, limit: .max) } }
        for reader in 0..<Self.readerCount { self.readAll(reader) }
        for topic in Self.topics.indices { self.readHistory(topic) }
        self.ledger.close(settlingBeganAt: self.clock)
    }
}

// MARK: - Publishing

extension ModelRelay {
    private mutating func publish() {
        let topic = Int.random(in: 0..<Self.topics.count, using: &self.random)
        let publisher = Int.random(in: 0..<4, using: &self.random)
        let number = self.ledger.publishBegan(publisher: publisher, topic: topic, at: self.clock)
        let fate = Int.random(in: 0..<20, using: &self.random)
        if fate == 0 {
            self.ledger.publishRefused(number)
            guard self.isDue(.refusedYetStored) else { return }
        } else if fate == 1 {
            // Neither stored nor acknowledged.
            return
        }
        let envelope = Envelope(
            run: self.ledger.run,
            publisher: publisher,
            number: number,
            startedAt: self.clock,
            fillerSize: 12
        )
        let id = self.store(envelope.payload, topic)
        guard fate > 2 else { return }
        self.pending.append((number, self.isDue(.otherID) ? "1-1" : id))
        if self.isDue(.storedTwice) { _ = self.store(envelope.payload, topic) }
    }

    private mutating func store(_ payload: JSONDocument, _ topic: Int) -> String {
        let isShared = !self.kept[topic].isEmpty && self.isDue(.sharedID)
        self.lastID += isShared ? 0 : UInt64.random(in: 1...3, using: &self.random)
        let id = isShared ? self.kept[topic].last?.messageID ?? "" : "7-\(self.lastID)"
        let payload = self.isDue(.foreign) ? ["run": "model"] : payload
        self.kept[topic].append(
            RelayMessage(topic: Self.topics[topic], messageID: id, payload: payload, timestamp: "")
        )
        return id
    }

    private mutating func acknowledge() {
        guard !self.pending.isEmpty else { return }
        let (number, id) = self.pending.remove(at: Int.random(in: self.pending.indices, using: &self.random))
        self.ledger.publishAcknowledged(number, id: id, at: self.clock)
    }

    /// Whether to do wrong now: once, at one of the first chances.
    private mutating func isDue(_ fault: Fault) -> Bool {
        let isRare = fault == .refusedYetStored || fault == .notInHistory
        guard self.plant == fault, isRare || Int.random(in: 0..<3, using: &self.random) == 0 else { return false }
        self.plant = nil
        return true
    }
}

// MARK: - Reading

extension ModelRelay {
    private mutating func reconnect() {
        let reader = Int.random(in: 0..<Self.readerCount, using: &self.random)
        self.ledger.readerDetached(reader)
        self.ledger.readerAttached(reader, at: self.clock)
    }

    private mutating func trim() {
        let topic = Int.random(in: 0..<Self.topics.count, using: &self.random)
        self.kept[topic].removeFirst(min(self.kept[topic].count / 2, 8))
    }

    private mutating func readAll(_ reader: Int) {
        for topic in Self.topics.indices { self.read(reader, topic, limit: .max) }
    }

    private mutating func read(_ reader: Int, limit: Int) {
        self.read(reader, Int.random(in: 0..<Self.topics.count, using: &self.random), limit: limit)
    }

    private mutating func read(_ reader: Int, _ topic: Int, limit: Int) {
        let cursor = self.ledger.cursors(of: reader)[Self.topics[topic]].flatMap { MessageID($0) } ?? .zero
        var next = self.kept[topic].filter { MessageID($0.messageID).map { cursor < $0 } ?? false }
        self.tellGap(reader, topic, cursor)
        next = Array(next.prefix(limit))
        if next.count > 2 {
            if self.isDue(.lost) { next.removeFirst() }
            if self.isDue(.outOfOrder) { next.swapAt(0, 1) }
            if self.isDue(.repeated) { next.append(next[0]) }
        }
        for message in next { self.ledger.delivered(message, to: reader, at: self.clock + 500) }
    }

    private mutating func tellGap(_ reader: Int, _ topic: Int, _ cursor: MessageID) {
        guard let oldest = self.kept[topic].first.flatMap({ MessageID($0.messageID) }), cursor < oldest else { return }
        let gap = MessageGap(
            topic: Self.topics[topic],
            after: cursor.description,
            resumedFrom: oldest.description
        )
        self.ledger.toldGap(gap, to: reader)
    }

    private mutating func readHistory(_ topic: Int) {
        var history = self.kept[topic]
        if history.count > 4, self.isDue(.notInHistory) { history.remove(at: history.count / 2) }
        var previous: String?
        for page in stride(from: 0, to: history.count, by: 7) {
            let messages = Array(history[page..<min(page + 7, history.count)])
            self.ledger.historyPage(messages, of: Self.topics[topic], after: previous)
            previous = messages.last?.messageID
        }
        self.ledger.historyEnded(of: Self.topics[topic], oldest: history.first?.messageID)
    }
}

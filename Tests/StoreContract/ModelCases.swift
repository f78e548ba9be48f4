import NIOCore
import RelayCore
import RelayWire
import SeededRandom
import Testing

extension StoreContract {
    /// Thousands of random operations, each compared with what a naive model says. A failure names its seed and step.
    static let modelCases: [ContractCase] = [UInt64]([1, 2, 3]).map { seed in
        ContractCase("a store agrees with a naive model, seed \(seed)") { under in
            try await under.withStore { store in
                var check = ModelCheck(store: store, seed: seed)
                for step in 0..<1500 {
                    let problem = try await check.step()
                    try #require(problem == nil, "seed \(seed), step \(step): \(problem ?? "")")
                }
            }
        }
    }
}

/// One random walk: the operations, their arguments and the clock all come from the seed.
private struct ModelCheck {
    let store: any FullStore
    var model = NaiveModel()
    var random: SeededGenerator
    /// Seconds. Never goes back, since a store may forget what expired as soon as it has seen a later moment.
    var now = 0.0

    init(store: any FullStore, seed: UInt64) {
        self.store = store
        self.random = SeededGenerator(seed: seed)
    }

    /// - Returns: how the store differs from the model; nil where it doesn't.
    mutating func step() async throws -> String? {
        self.now += Double(Int.random(in: 0...500, using: &self.random)) / 1000
        return switch Int.random(in: 0..<100, using: &self.random) {
        case 0..<55: try await self.append()
        case 55..<85: try await self.read()
        case 85..<89: try await self.entries()
        case 89..<93: try await self.create()
        case 93..<96: try await self.delete()
        default: try await self.sweep()
        }
    }

    private mutating func topic() -> TopicKey { .named("t\(Int.random(in: 0..<4, using: &self.random))") }

    private mutating func key() -> IdempotencyKey {
        IdempotencyMark.key("k\(Int.random(in: 0..<12, using: &self.random))").key
    }

    private mutating func draft() -> Draft {
        let length = Int.random(in: 0..<40, using: &self.random)
        let payload = ByteBuffer(bytes: (0..<length).map { _ in UInt8.random(in: 0...255, using: &self.random) })
        let isMarked = Int.random(in: 0..<4, using: &self.random) == 0
        let early = isMarked ? 0 : Double.random(in: -1...1, using: &self.random)
        var draft = Draft(timestamp: .at(self.now + min(0, early)), payload: payload)
        if Int.random(in: 0..<5, using: &self.random) == 0 { draft.ttl = .random(in: 1...30, using: &self.random) }
        if Bool.random(using: &self.random) { draft.format = .binary }
        if isMarked {
            draft.idempotency = IdempotencyMark(
                key: self.key(),
                index: Int.random(in: 0..<3, using: &self.random),
                total: 3,
                expiresAt: .at(self.now + Double.random(in: 1...60, using: &self.random))
            )
        }
        return draft
    }

    private mutating func append() async throws -> String? {
        let count = Int.random(in: 1...8, using: &self.random)
        let drafts = (0..<count).map { _ in self.draft() }
        let retention = Retention(maxMessages: [1, 5, 40, 40, 40, 1000].randomElement(using: &self.random) ?? 1)
        let batch = AppendBatch(topic: self.topic(), drafts: drafts, retention: retention)
        let receipt = try await self.store.append(batch.drafts, to: batch.topic, batch.retention)
        return self.model.append(batch, receipt)
    }

    private mutating func read() async throws -> String? {
        let topic = self.topic()
        let request = ReadRequest(
            topic: topic,
            range: self.range(in: topic),
            maxMessages: Int.random(in: 1...30, using: &self.random),
            maxBytes: Int.random(in: 0...6000, using: &self.random),
            now: .at(self.now)
        )
        let expected = self.model.page(request)
        let page = try await self.store.read(
            topic,
            request.range,
            messages: request.maxMessages,
            bytes: request.maxBytes,
            at: self.now
        )
        let isEqual =
            page.messages == expected.messages && page.hasMore == expected.hasMore
            && page.bounds.ends == expected.bounds
        return isEqual ? nil : "\(request): \(page) instead of \(expected)"
    }

    private mutating func range(in topic: TopicKey) -> ReadRequest.Range {
        let ids = (self.model.topics[topic]?.messages.map(\.id) ?? []) + [.zero, .max]
        let (first, second) = (ids.randomElement(using: &self.random), ids.randomElement(using: &self.random))
        return switch Int.random(in: 0..<4, using: &self.random) {
        case 0: .forward(after: first ?? .zero)
        case 1: .forward(after: first ?? .zero, through: second)
        case 2: .backward(before: first)
        default: .backward(before: nil)
        }
    }

    private mutating func entries() async throws -> String? {
        let key = self.key()
        let entries = try await self.store.idempotencyEntries(for: key, at: .at(self.now))
        let expected = (self.model.marks[key] ?? [:]).values
            .filter { .at(self.now) < $0.mark.expiresAt }.sorted { $0.mark.index < $1.mark.index }
        return entries == expected ? nil : "\(entries) instead of \(expected)"
    }

    private mutating func create() async throws -> String? {
        let topic = self.topic()
        let result = try await self.store.createTopic(.of(topic))
        var expected = self.model.topics[topic] ?? NaiveModel.Topic()
        let isNew = !expected.exists
        if isNew { expected.purge() }
        expected.exists = true
        self.model.topics[topic] = expected
        guard result.isNew == isNew else { return "isNew is \(result.isNew)" }
        return result.topic.bounds.ends == expected.bounds
            ? nil : "\(result.topic.bounds) instead of \(expected.bounds)"
    }

    private mutating func delete() async throws -> String? {
        let topic = self.topic()
        let bounds = try await self.store.deleteTopic(topic)
        guard var expected = self.model.topics[topic], expected.exists else {
            return bounds == nil ? nil : "\(topic) did not exist"
        }
        expected.purge()
        expected.exists = false
        self.model.topics[topic] = expected
        return bounds?.ends == expected.bounds ? nil : "\(String(describing: bounds)) instead of \(expected.bounds)"
    }

    private mutating func sweep() async throws -> String? {
        let age = Int64.random(in: 10...120, using: &self.random)
        let retention = Retention(maxMessages: .max, maxAgeSeconds: age)
        let trimmed = try await self.store.sweep(at: .at(self.now), retention: retention)
        let expected = self.model.sweep(at: .at(self.now), maxAgeSeconds: age)
        return trimmed.mapValues(\.ends) == expected ? nil : "\(trimmed) instead of \(expected)"
    }
}

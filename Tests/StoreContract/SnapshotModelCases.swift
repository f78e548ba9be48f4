import NIOCore
import RelayCore
import RelayWire
import SeededRandom
import Testing

extension StoreContract {
    /// Random appends, snapshots, sweeps and deletions of one stream, each compared with what a plain list says.
    static let snapshotModelCases: [ContractCase] = [UInt64]([1, 2, 3, 4]).map { seed in
        ContractCase("a store agrees with a plain model of snapshots, seed \(seed)") { under in
            try await under.withStore { store in
                var check = SnapshotCheck(store: store, seed: seed)
                for step in 0..<500 {
                    let problem = try await check.step()
                    try #require(problem == nil, "seed \(seed), step \(step): \(problem ?? "")")
                }
            }
        }
    }
}

/// What a stream with snapshots should hold.
private struct SnapshotModel {
    /// All that is kept, ascending.
    var messages: [Message] = []
    var last = MessageID.zero
    var trimmed = MessageID.zero

    var newest: MessageID { self.messages.last { $0.isSnapshot }?.id ?? .zero }
    var shown: [Message] { self.messages.filter { $0.id >= self.newest } }
    var bounds: StreamBounds {
        StreamBounds(last: self.last, trimmedThrough: self.trimmed, count: self.shown.count)
    }

    /// Trims that many of those that readers get.
    mutating func trim(_ count: Int) {
        guard count > 0 else { return }
        self.trimmed = self.shown[count - 1].id
        self.messages.removeAll { $0.id <= self.trimmed }
    }

    mutating func purge() {
        self.messages = []
        self.trimmed = self.last
    }

    mutating func put(_ snapshot: StreamSnapshot) -> Bool {
        guard snapshot.id > self.newest, let index = self.messages.firstIndex(where: { $0.id == snapshot.id }) else {
            return false
        }
        self.messages[index] = Message(
            id: snapshot.id,
            timestamp: self.messages[index].timestamp,
            payload: snapshot.payload,
            format: snapshot.format,
            metadata: nil,
            expiresAt: nil,
            isSnapshot: true
        )
        self.forget(snapshot.retention, at: snapshot.now)
        return true
    }

    mutating func forget(_ retention: Retention, at now: Timestamp) {
        let age = retention.maxSupersededAgeSeconds
        let limit = age > 0 ? now.adding(seconds: -age).milliseconds : .max
        guard let base = self.messages.last(where: { $0.isSnapshot && $0.id.milliseconds < limit }) else { return }
        self.messages.removeAll { $0.id < base.id }
    }

    func page(_ request: ReadRequest) -> StoredPage {
        var rest = (request.includesSuperseded ? self.messages : self.shown).filter { !$0.isExpired(at: request.now) }
        let newest = request.includesSuperseded ? .zero : self.newest
        switch request.range {
        case .forward(let after, let through):
            let through = through ?? .max
            let end = after < newest && after < through ? max(through, newest) : through
            rest = rest.filter { $0.id > after && $0.id <= end }
        case .backward(let before): rest = rest.filter { $0.id < before ?? .max }.reversed()
        }
        var page: [Message] = []
        var bytes = 0
        while !rest.isEmpty, page.isEmpty || (page.count < request.maxMessages && bytes < request.maxBytes) {
            bytes += rest[0].memoryCost
            page.append(rest.removeFirst())
        }
        return StoredPage(messages: page, hasMore: !rest.isEmpty, bounds: self.bounds)
    }
}

/// One random walk, as ``ModelCases``' is.
private struct SnapshotCheck {
    let store: any FullStore
    private let topic = TopicKey.named("t")
    private var model = SnapshotModel()
    private var random: SeededGenerator
    /// Whole seconds.
    private var now: Int64 = 0

    init(store: any FullStore, seed: UInt64) {
        self.store = store
        self.random = SeededGenerator(seed: seed)
    }

    mutating func step() async throws -> String? {
        self.now += Int64.random(in: 0...2, using: &self.random)
        switch Int.random(in: 0..<100, using: &self.random) {
        case 0..<50: try await self.append()
        case 50..<70: if let problem = try await self.put() { return problem }
        case 70..<78: if let problem = try await self.sweep() { return problem }
        case 78: try await self.erase()
        default: break
        }
        let bounds = try await self.store.bounds(of: self.topic)
        guard bounds.ends == self.model.bounds else { return "\(bounds) instead of \(self.model.bounds)" }
        return try await self.read()
    }

    private mutating func append() async throws {
        let drafts = (0..<Int.random(in: 1...6, using: &self.random)).map { _ in
            let length = Int.random(in: 0..<40, using: &self.random)
            var draft = Draft(timestamp: self.moment, payload: ByteBuffer(repeating: 7, count: length))
            if Int.random(in: 0..<6, using: &self.random) == 0 { draft.ttl = .random(in: 1...20, using: &self.random) }
            return draft
        }
        let limit = [4, 20, 1000, 1000, 1000, 1000].randomElement(using: &self.random) ?? 1
        let receipt = try await self.store.append(drafts, to: self.topic, .newest(limit))
        self.model.messages += zip(drafts, receipt.stored).map { $0.message(id: $1.id) }
        self.model.last = receipt.stored.last?.id ?? self.model.last
        self.model.trim(self.model.shown.count - limit)
    }

    private mutating func put() async throws -> String? {
        let length = Int.random(in: 0..<3000, using: &self.random)
        let snapshot = StreamSnapshot(
            topic: self.topic,
            id: self.id(),
            payload: ByteBuffer(bytes: (0..<length).map { _ in UInt8.random(in: 0...255, using: &self.random) }),
            format: PayloadFormat.allCases.randomElement(using: &self.random) ?? .json,
            known: try await self.store.bounds(of: self.topic),
            retention: self.retention(age: nil),
            now: self.moment
        )
        let isExpected = self.model.put(snapshot)
        switch try await self.store.putSnapshot(snapshot) {
        case .stored(let bounds) where isExpected:
            return bounds.ends == self.model.bounds ? nil : "\(bounds) instead of \(self.model.bounds)"
        case .outdated where !isExpected: return nil
        case let outcome: return "\(outcome) at \(snapshot.id)"
        }
    }

    private mutating func sweep() async throws -> String? {
        let age: Int64? = Bool.random(using: &self.random) ? .random(in: 20...80, using: &self.random) : nil
        let retention = self.retention(age: age)
        let trimmed = try await self.store.sweep(at: self.moment, retention: retention)
        let now = self.moment
        self.model.messages.removeAll { $0.isExpired(at: now) }
        var count = 0
        if let age {
            let limit = self.moment.adding(seconds: -age).milliseconds
            count = self.model.shown.dropLast().prefix { $0.id.milliseconds < limit }.count
            self.model.trim(count)
        }
        self.model.forget(retention, at: self.moment)
        let expected = count > 0 ? [self.topic: self.model.bounds] : [:]
        return trimmed.mapValues(\.ends) == expected ? nil : "\(trimmed) instead of \(expected)"
    }

    private mutating func erase() async throws {
        try await self.store.erase([self.topic])
        self.model.purge()
    }

    private mutating func read() async throws -> String? {
        for includesSuperseded in [false, true] {
            let request = ReadRequest(
                topic: self.topic,
                range: self.range(),
                maxMessages: Int.random(in: 1...30, using: &self.random),
                maxBytes: Int.random(in: 0...6000, using: &self.random),
                now: self.moment,
                includesSuperseded: includesSuperseded
            )
            let expected = self.model.page(request)
            let page = try await self.store.read(
                self.topic,
                request.range,
                messages: request.maxMessages,
                bytes: request.maxBytes,
                at: Double(self.now),
                includesSuperseded: includesSuperseded
            )
            guard page.messages == expected.messages, page.hasMore == expected.hasMore else {
                return "\(request): \(page) instead of \(expected)"
            }
        }
        return nil
    }

    private var moment: Timestamp { .at(Double(self.now)) }

    private mutating func retention(age: Int64?) -> Retention {
        let superseded = [0, 10, 30, 30, 1000].randomElement(using: &self.random) ?? 0
        return Retention(maxMessages: .max, maxAgeSeconds: age, maxSupersededAgeSeconds: Int64(superseded))
    }

    private mutating func id() -> MessageID {
        let ids = self.model.messages.map(\.id) + [.zero, self.model.last]
        return ids.randomElement(using: &self.random) ?? .zero
    }

    private mutating func range() -> ReadRequest.Range {
        switch Int.random(in: 0..<4, using: &self.random) {
        case 0: .forward(after: self.id())
        case 1: .forward(after: self.id(), through: self.id())
        case 2: .backward(before: self.id())
        default: .forward(after: .zero)
        }
    }
}

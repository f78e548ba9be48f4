import NIOCore
import RelayCore
import RelayStorage
import RelayWire
import StoreContract
import Testing

@Suite("The memory store's bounds")
struct MemoryStoreTests {
    private static let cost = Draft.bytes(1000).message(id: .zero).memoryCost

    @Test("at the bound the topic that is published to loses its oldest messages, as trimmed ones")
    func ownOldestGoFirst() async throws {
        let store = MemoryStore(maxBytes: 10 * Self.cost)
        var ids: [MessageID] = []
        for _ in 0..<25 {
            ids.append(try await store.put(.one(.bytes(1000), to: .named("t"))).stored[0].id)
        }
        #expect(try await store.messages(in: .named("t")).map(\.id) == ids.suffix(10))
        #expect(try await store.bounds(of: .named("t")).trimmedThrough == ids[14])
    }

    @Test("then the largest topics lose theirs, and small ones keep what they have")
    func largestGoNext() async throws {
        let store = MemoryStore(maxBytes: 32 * Self.cost)
        try await store.put(.one(.bytes(1000), to: .named("small")))
        for _ in 0..<31 { try await store.put(.one(.bytes(1000), to: .named("large"))) }
        try await store.put(.one(.bytes(1000), to: .named("new")))
        #expect(try await store.bounds(of: .named("small")).count == 1)
        #expect(try await store.bounds(of: .named("new")).count == 1)
        let large = try await store.bounds(of: .named("large"))
        #expect(large.count == 28 && large.trimmedThrough > .zero)
    }

    @Test("what a snapshot stands for goes first, up to the next snapshot, also in other topics, and is no gap")
    func supersededGoesFirst() async throws {
        let store = MemoryStore(maxBytes: 32 * Self.cost)
        var ids: [MessageID] = []
        for _ in 0..<12 { ids.append(try await store.put(.one(.bytes(1000), to: .named("d"))).stored[0].id) }
        for index in [3, 9] {
            _ = try await store.putSnapshot(of: 1000, at: ids[index], in: .named("d"), keeping: 60)
        }
        for _ in 0..<20 { try await store.put(.one(.bytes(1000), to: .named("t"))) }
        #expect(try await store.messages(in: .named("d"), includesSuperseded: true).map(\.id) == ids)
        try await store.put(.one(.bytes(1000), to: .named("u")))
        #expect(try await store.messages(in: .named("d"), includesSuperseded: true).map(\.id) == Array(ids[3...]))
        #expect(try await store.bounds(of: .named("t")).count == 20)
        for _ in 0..<6 { try await store.put(.one(.bytes(1000), to: .named("d"))) }
        #expect(try await store.messages(in: .named("d"), includesSuperseded: true).map(\.id).prefix(3) == ids[9...])
        let bounds = try await store.bounds(of: .named("d"))
        #expect(bounds.count == 9 && bounds.trimmedThrough == .zero)
        #expect(try await store.bounds(of: .named("t")).count == 20)
    }

    @Test("a snapshot that could never fit is refused, and nothing changes")
    func tooLargeSnapshot() async throws {
        let store = MemoryStore(maxBytes: 3 * Self.cost)
        let id = try await store.put(.one(.bytes(1000), to: .named("t"))).stored[0].id
        await #expect(throws: StoreError.self) {
            try await store.putSnapshot(of: 4 * Self.cost, at: id, in: .named("t"))
        }
        #expect(try await store.messages(in: .named("t")).map(\.isSnapshot) == [false])
    }

    @Test("where every topic has one message only, other topics' go, never the new one")
    func newestOfOthersGoLast() async throws {
        let store = MemoryStore(maxBytes: 8 * Self.cost)
        for index in 0..<100 {
            try await store.put(.one(.bytes(1000), to: .named("t\(index)")))
            #expect(try await store.bounds(of: .named("t\(index)")).count == 1)
        }
        var kept = 0
        for index in 0..<100 { kept += try await store.bounds(of: .named("t\(index)")).count }
        #expect((1...8).contains(kept))
    }

    @Test("a batch that could never fit is refused, and nothing changes")
    func tooLarge() async throws {
        let store = MemoryStore(maxBytes: 3 * Self.cost)
        try await store.put(.one(.bytes(1000), to: .named("t")))
        let refused = await store.append(.one(.bytes(4 * Self.cost), to: .named("t")))
        #expect(throws: StoreError.self) { try refused.get() }
        #expect(try await store.bounds(of: .named("t")).count == 1)
    }

    @Test("of a compacted stream each key has its newest message; what was replaced makes room and is no gap")
    func compaction() async throws {
        let store = MemoryStore(maxBytes: 8 * Self.cost)
        func put(_ keys: [String?], ttl: Int64? = nil) async throws -> [MessageID] {
            var drafts = keys.map { _ in Draft.bytes(1000) }
            for index in drafts.indices { drafts[index].ttl = ttl }
            let batch = AppendBatch(
                topic: .named("t"),
                drafts: drafts,
                retention: Retention(maxAgeSeconds: nil),
                tier: .hot,
                compactionKeys: keys
            )
            return try await store.put(batch).stored.map(\.id)
        }
        let plain = try await put(["a", nil, "b"])[1]
        var newest: [MessageID] = []
        for _ in 0..<50 { newest = try await put(["b", "a", "b", "c"]) }
        #expect(try await store.messages(in: .named("t")).map(\.id) == [plain, newest[1], newest[2], newest[3]])
        let bounds = try await store.bounds(of: .named("t"))
        #expect(bounds.count == 4 && bounds.trimmedThrough == .zero && bounds.last == newest[3])
        _ = try await put(["a", "b", "c"], ttl: 1)
        _ = try await store.sweep(at: .at(2), retention: Retention(maxAgeSeconds: nil))
        #expect(try await store.messages(in: .named("t")).map(\.id) == [plain])
        for number in 0..<200 { _ = try await put(["key \(number)"]) }
        #expect(try await store.bounds(of: .named("t")).count == 8)
    }

    @Test("messages that a sweep or a deletion took make room again")
    func accounting() async throws {
        let store = MemoryStore(maxBytes: 4 * Self.cost)
        for round in 0..<10 {
            var draft = Draft.bytes(1000)
            draft.ttl = 1
            for _ in 0..<2 { try await store.put(.one(draft, to: .named("a"))) }
            for _ in 0..<2 { try await store.put(.one(.bytes(1000), to: .named("b\(round)"))) }
            #expect(try await store.bounds(of: .named("a")).count == 2)
            _ = try await store.sweep(at: .at(10), retention: Retention(maxAgeSeconds: nil))
            let key = TopicKey.named("b\(round)")
            #expect(try await store.bounds(of: key).count == 2)
            _ = try await store.createTopic(.plain(key))
            #expect(try await store.bounds(of: key).count == 0)
        }
    }

    /// Publishes a small message with a key.
    ///
    /// - Returns: whether it was a repeat.
    private func attempt(_ value: String, in store: MemoryStore, at seconds: Int64 = 0) async throws -> Bool {
        let key = IdempotencyKey(user: UserID("u"), route: "single", value: value)
        var draft = Draft.bytes(1, at: seconds)
        draft.idempotency = IdempotencyMark(key: key, index: 0, total: 1, expiresAt: .at(seconds + 600))
        return try await store.put(.one(draft, to: .named("t"))).stored[0].isRepeat
    }

    @Test("idempotency keys take a quarter of the bound; of more the oldest are free early")
    func idempotencyBound() async throws {
        // Room for two.
        let store = MemoryStore(maxBytes: 4 * 2 * 384)
        for value in ["a", "b", "c"] { #expect(try await self.attempt(value, in: store) == false) }
        #expect(try await self.attempt("b", in: store))
        #expect(try await self.attempt("c", in: store))
        #expect(try await self.attempt("a", in: store) == false)
    }

    @Test("idempotency keys count towards the bound, until their window ends")
    func idempotencyAccounting() async throws {
        let store = MemoryStore(maxBytes: 64 * Self.cost)
        func kept() async throws -> Int { try await store.bounds(of: .named("t")).count }
        for index in 0..<64 { _ = try await self.attempt("\(index)", in: store) }
        for _ in 0..<100 { try await store.put(.one(.bytes(1000), to: .named("t"))) }
        // The marks take a quarter.
        #expect(try await kept() == 48)
        _ = try await store.sweep(at: .at(601), retention: Retention(maxAgeSeconds: nil))
        for _ in 0..<100 { try await store.put(.one(.bytes(1000), to: .named("t"))) }
        #expect(try await kept() == 64)
    }
}

import RelayCore
import RelayStorage
import RelayValkey
import RelayWire
import Testing
import ValkeyFixture

@Suite("What the shared store's sweeps take", .timeLimit(.minutes(1)))
struct ValkeySweepTests {
    private let topic = TopicKey.named("t")

    @Test("the expiries of messages that were trimmed first don't pile up, and the others' are kept")
    func staleExpiries() async throws {
        try await ValkeyPlace.with { stores, probe in
            var draft = Draft.bytes(1)
            draft.ttl = 50
            for _ in 0..<4 {
                let drafts = [Draft](repeating: draft, count: 500)
                try await stores[0].put(
                    AppendBatch(topic: self.topic, drafts: drafts, retention: Retention(maxMessages: 10))
                )
            }
            _ = try await stores[0].sweep(at: .at(1), retention: Retention())
            let listed = try await probe.send("ZCARD", probe.key("t", "ttl")).integer ?? 0
            #expect((10...532).contains(listed))
            #expect(try await stores[0].bounds(of: self.topic).count == 10)
            _ = try await stores[0].sweep(at: .at(50), retention: Retention())
            #expect(try await stores[0].bounds(of: self.topic).count == 0)
            #expect(try await probe.send("EXISTS", probe.key("t", "ttl")).integer == 0)
        }
    }

    @Test("marks and claims are the server's to forget, and not before their window ends")
    func marks() async throws {
        try await ValkeyPlace.with { stores, probe in
            let key = IdempotencyKey(user: UserID("u"), route: "single", value: "k")
            var draft = Draft.bytes(1)
            draft.idempotency = IdempotencyMark(key: key, index: 3, total: 4, expiresAt: .at(600))
            try await stores[0].put(.one(draft, to: self.topic))
            for name in [probe.key("t", "mark:3:\(key)"), "\(probe.prefix){i:\(key)}:claims"] {
                let milliseconds = try await probe.send("PTTL", name).integer ?? 0
                #expect((600_001...660_000).contains(milliseconds))
            }
        }
    }

    @Test("a stream that can't be swept is told, and holds up no other")
    func broken() async throws {
        try await ValkeyPlace.with { stores, probe in
            for name in ["good", "bad"] {
                // More than a step takes.
                let drafts = [Draft](repeating: .bytes(1), count: 1_200)
                let batch = AppendBatch(topic: .named(name), drafts: drafts, retention: Retention())
                try await stores[0].put(batch)
            }
            _ = try await probe.send("SET", probe.key("bad", "stream"), "no stream")
            let error = await #expect(throws: StoreError.self) {
                try await stores[0].sweep(at: .at(100), retention: Retention(maxAgeSeconds: 1))
            }
            #expect(error?.code == .corrupt)
            #expect(try await stores[0].bounds(of: .named("good")).count == 1)
        }
    }

    @Test("streams of other prefixes are left alone, even where a prefix holds what a pattern would match")
    func prefixes() async throws {
        try await ValkeyServerProcess.with { server in
            try await server.withStores(prefix: "a*[b]?:") { odd, _ in
                try await server.withStores(prefix: "axxb?:") { plain, _ in
                    for store in odd + plain {
                        for _ in 0..<2 { try await store.put(.one(.bytes(1), to: self.topic)) }
                    }
                    let trimmed = try await odd[0].sweep(at: .at(100), retention: Retention(maxAgeSeconds: 1))
                    #expect(trimmed.keys.map(\.self) == [self.topic])
                    #expect(try await plain[0].bounds(of: self.topic).count == 2)
                }
            }
        }
    }
}

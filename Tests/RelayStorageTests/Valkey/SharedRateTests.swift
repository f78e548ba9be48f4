import RelayAccess
import RelayStorage
import Testing

@Suite("Rates that relays count together", .timeLimit(.minutes(1)))
struct SharedRateTests {
    @Test("a client has its limit once, whichever relay it asks")
    func together() async throws {
        try await ValkeyPlace.with(2) { stores, _ in
            let limit = RateLimit(count: 3, windowSeconds: 60)
            for round in 0..<3 {
                #expect(try await stores[round % 2].admit(.login, key: "::1", limit: limit) == nil)
            }
            for store in stores {
                let seconds = try #require(try await store.admit(.login, key: "::1", limit: limit))
                #expect((1...60).contains(seconds))
            }
            #expect(try await stores[0].admit(.refresh, key: "::1", limit: limit) == nil)
            #expect(try await stores[1].admit(.login, key: "10.0.0.1", limit: limit) == nil)
        }
    }

    @Test("of many requests at once no more than the limit pass")
    func atOnce() async throws {
        try await ValkeyPlace.with(2) { stores, _ in
            let limit = RateLimit(count: 5, windowSeconds: 60)
            let passed = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<40 {
                    group.addTask { try await stores[number % 2].admit(.login, key: "a b{}", limit: limit) == nil }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(passed == 5)
        }
    }

    @Test("a window ends by itself")
    func windowEnds() async throws {
        try await ValkeyPlace.with(1) { stores, _ in
            let limit = RateLimit(count: 1, windowSeconds: 1)
            #expect(try await stores[0].admit(.login, key: "k", limit: limit) == nil)
            var refusals = 0
            while try await stores[0].admit(.login, key: "k", limit: limit) != nil { refusals += 1 }
            #expect(refusals > 0)
        }
    }
}

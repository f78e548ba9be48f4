import NIOCore
import RelayCore
import Testing

@testable import RelayAccess

@Suite
struct RateLimitTests {
    static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    static func at(_ seconds: Double) -> NIODeadline {
        self.start + .nanoseconds(Int64(seconds * 1_000_000_000))
    }

    @Test(
        "Two a minute: windows begin with a key's first request and are counted out",
        arguments: [
            [(0.0, true), (30, true), (59.999999, false), (60, true), (119, true), (119.5, false), (120, true)],
            [(7, true), (66, true), (66.5, false), (67, true)],
            [(0, true), (200, true), (259, true), (259.9, false), (260, true)],
        ]
    )
    func windows(requests: [(second: Double, isAllowed: Bool)]) {
        var table = RateLimitTable(limit: .perMinute(2), maximumKeys: 10)
        for request in requests {
            let decision = table.admit("k", at: Self.at(request.second))
            #expect((decision == .allowed) == request.isAllowed, "at \(request.second) s")
        }
    }

    @Test("A refused request says when the window ends, rounded up", arguments: [(0.0, 60), (0.5, 60), (1.0, 59)])
    func retryAfter(second: Double, expected: Int64) {
        var table = RateLimitTable(limit: .perMinute(1), maximumKeys: 10)
        #expect(table.admit("k", at: Self.at(0)) == .allowed)
        #expect(table.admit("k", at: Self.at(second)) == .refused(retryAfterSeconds: expected))
    }

    @Test("Keys don't share a window below the bound")
    func keysApart() {
        var table = RateLimitTable(limit: .perMinute(1), maximumKeys: 10)
        #expect(table.admit("a", at: Self.start) == .allowed)
        #expect(table.admit("b", at: Self.start) == .allowed)
        #expect(table.admit("a", at: Self.start) == .refused(retryAfterSeconds: 60))
    }

    @Test("At the bound newcomers share one count, known keys keep theirs, and room comes back with time")
    func bound() {
        var table = RateLimitTable(limit: .perMinute(2), maximumKeys: 3)
        for key in ["a", "b", "c"] { #expect(table.admit(key, at: Self.start) == .allowed) }
        #expect(table.admit("x", at: Self.at(10)) == .allowed)
        #expect(table.admit("y", at: Self.at(10)) == .allowed)
        #expect(table.admit("z", at: Self.at(10)) == .refused(retryAfterSeconds: 60))
        #expect(table.admit("a", at: Self.at(10)) == .allowed)
        #expect(table.keyCount == 3)
        #expect(table.admit("z", at: Self.at(60)) == .allowed)
        #expect(table.keyCount == 1)
    }

    @Test("However many keys come, no more than the bound are kept")
    func memory() {
        var table = RateLimitTable(limit: .perMinute(5), maximumKeys: 100)
        var allowed = 0
        for number in 0..<10_000 {
            allowed += table.admit("key \(number)", at: Self.at(Double(number) * 0.001)) == .allowed ? 1 : 0
            #expect(table.keyCount <= 100)
        }
        #expect(allowed == 105)
    }

    @Test("A reading that is older than the one before neither traps nor opens the gate")
    func olderReading() {
        var table = RateLimitTable(limit: .perMinute(1), maximumKeys: 10)
        #expect(table.admit("k", at: Self.at(100)) == .allowed)
        #expect(table.admit("k", at: Self.at(0)) == .refused(retryAfterSeconds: 160))
        #expect(table.admit("k", at: Self.at(161)) == .allowed)
    }

    @Test(
        "Limits read as the contract writes them",
        arguments: [
            (RateLimit.perMinute(5), "5 per 1 minute"), (RateLimit(count: 9, windowSeconds: 7200), "9 per 2 hour"),
            (RateLimit(count: 1, windowSeconds: 86_400), "1 per 1 day"),
            (RateLimit(count: 3, windowSeconds: 90), "3 per 90 second"),
        ]
    )
    func text(limit: RateLimit, expected: String) {
        #expect(limit.description == expected)
    }

    @Test("The sixth login of a minute is refused with the contract's text; publishing is not limited")
    func standard() throws {
        let limiter = RateLimiter()
        for _ in 0..<5 { try limiter.check(.login, key: "192.0.2.1", at: Self.start) }
        let error = #expect(throws: AccessError.self) {
            try limiter.check(.login, key: "192.0.2.1", at: Self.at(20))
        }
        #expect(error?.status == 429)
        #expect(error?.detail == "Rate limit exceeded: 5 per 1 minute")
        #expect(error?.retryAfterSeconds == 40)
        try limiter.check(.refresh, key: "192.0.2.1", at: Self.start)
        for _ in 0..<1000 { try limiter.check(.publish, key: "192.0.2.1", at: Self.start) }
    }

    @Test("Concurrent requests of one key never pass more than the limit")
    func concurrent() async {
        let limiter = RateLimiter(RateLimits([.login: .perMinute(20)]))
        let passed = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    await refusal { () throws(AccessError) in
                        try limiter.check(.login, key: "k", at: Self.start)
                    } == nil
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(passed == 20)
    }
}

@Suite("Limits that relays share")
struct SharedRateLimitTests {
    /// Refuses, fails, or counts everything.
    private struct Counts: SharedRateCounts {
        let answer: Result<Int64?, StoreError>

        func admit(_ rule: RateLimitRule, key: String, limit: RateLimit) async throws(StoreError) -> Int64? {
            try self.answer.get()
        }
    }

    private func refusals(_ answer: Result<Int64?, StoreError>, requests: Int) async -> [Int64?] {
        let limiter = RateLimiter(RateLimits([.login: .perMinute(2)]), shared: Counts(answer: answer))
        var refusals: [Int64?] = []
        for _ in 0..<requests {
            do {
                try await limiter.checkEverywhere(.login, key: "k", at: RateLimitTests.start)
            } catch {
                refusals.append(error.retryAfterSeconds)
            }
        }
        return refusals
    }

    @Test("What others have counted refuses here too")
    func others() async {
        #expect(await self.refusals(.success(17), requests: 1) == [17])
    }

    @Test("A store that is away leaves this relay's own count")
    func alone() async {
        let down = Result<Int64?, StoreError>.failure(StoreError(.unavailable, "down"))
        #expect(await self.refusals(down, requests: 4) == [60, 60])
    }

    @Test("A rule without a limit asks nobody")
    func unlimited() async throws {
        let limiter = RateLimiter(.none, shared: Counts(answer: .success(1)))
        try await limiter.checkEverywhere(.login, key: "k", at: RateLimitTests.start)
    }
}

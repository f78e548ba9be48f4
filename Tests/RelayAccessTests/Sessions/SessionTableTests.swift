import RelayCore
import RelayWire
import Testing

@testable import RelayAccess

@Suite
struct SessionTableTests {
    let account = Account(
        User(
            id: UserID("u-1"),
            username: "ada",
            createdAt: Timestamp(microseconds: 0),
            email: nil,
            permissions: [.read],
            passwordHash: nil
        )
    )

    func session() -> Session {
        Session(account: self.account, jti: nil, expiresAt: Timestamp(microseconds: 1))
    }

    @Test("A token is its bytes: what only looks like it is not it")
    func bytes() {
        var table = SessionTable(capacity: 2)
        _ = table.remember(self.session(), as: "Bearer K")
        // The Kelvin sign, which Swift takes for equal to the letter.
        #expect(table.cached("Bearer \u{212A}") == nil)
        #expect(table.cached("Bearer K") != nil)
        _ = table.remember(self.session(), as: "Bearer other")
        #expect(table.cached("Bearer \u{212A}") == nil)
        #expect(table.cached("Bearer K") != nil)
    }

    @Test("However many tokens come, no more than the capacity are kept")
    func bounded() {
        var table = SessionTable(capacity: 100)
        for number in 0..<10_000 {
            _ = table.remember(self.session(), as: "token \(number)")
            #expect(table.cachedCount <= 100)
        }
    }

    @Test("Long tokens count as several, so that they hold no more memory than short ones")
    func boundedByLength() {
        var table = SessionTable(capacity: 100)
        for number in 0..<1_000 {
            _ = table.remember(self.session(), as: "\(number) " + String(repeating: "x", count: 4_000))
            #expect(table.cachedCount <= 14)
        }
        for number in 0..<1_000 { _ = table.remember(self.session(), as: "token \(number)") }
        #expect(table.cachedCount >= 50)
    }

    @Test("A token in use stays while others come and go; an unused one goes")
    func usedTokensStay() {
        var table = SessionTable(capacity: 10)
        let (used, unused) = (self.session(), self.session())
        _ = table.remember(used, as: "used")
        _ = table.remember(unused, as: "unused")
        for number in 0..<100 {
            #expect(table.cached("used") === used)
            _ = table.remember(self.session(), as: "token \(number)")
        }
        #expect(table.cached("unused") == nil)
    }

    @Test("One jti has one live session, and a fresh one after that is gone")
    func oneSession() {
        var table = SessionTable(capacity: 10)
        let claims = AccessClaims(sub: "u-1", exp: 1, jti: "j")
        do {
            let first = table.session(for: claims, of: self.account)
            let second = table.session(for: claims, of: self.account)
            #expect(first != nil)
            #expect(first === second)
            #expect(table.liveSession("j") === first)
        }
        #expect(table.liveSession("j") == nil)
        let third = table.session(for: claims, of: self.account)
        #expect(third != nil)
    }

    @Test("A second token with a jti in use is refused, so that a revocation can't miss it")
    func jtiTwice() {
        var table = SessionTable(capacity: 10)
        let first = table.session(for: AccessClaims(sub: "u-1", exp: 1, jti: "j"), of: self.account)
        let second = table.session(for: AccessClaims(sub: "u-1", exp: 2, jti: "j"), of: self.account)
        #expect(first != nil)
        #expect(second == nil)
        #expect(table.liveSession("j") === first)
    }

    @Test("What is left of sessions that are gone doesn't pile up")
    func sweeps() {
        var table = SessionTable(capacity: 10)
        for number in 0..<5000 {
            _ = table.session(for: AccessClaims(sub: "u-1", exp: 1, jti: "\(number)"), of: self.account)
        }
        #expect(table.trackedCount <= 1024)
        #expect(table.liveJTIs.isEmpty)
    }
}

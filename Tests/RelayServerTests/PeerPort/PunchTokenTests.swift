import NIOCore
import RelayWire
import Testing

@testable import RelayServer

@Suite("Punch tokens")
struct PunchTokenTests {
    private static let attempt = PunchAttempt(
        session: "s1",
        from: "alice",
        to: "bob",
        startsAt: 1_700_000_000_050,
        expiresAt: 1_700_000_010_050,
        nonce: 0x0102_0304_0506_0708
    )
    private static let key = PunchTokenKey(secret: "a secret for tests")
    private static let start = NIODeadline.uptimeNanoseconds(5_000_000_000)

    /// Made by Python's `hmac`, by hand from RFC 5869 and the field list.
    @Test("a token is HMAC-SHA256 over the fields, each behind its length")
    func golden() {
        #expect(Self.key.token(Self.attempt) == "j90MmxZxmN7beJGUYQSZH3MPp9xHfd7NSms0yOYh86Q")
        let extreme = PunchAttempt(session: "", from: "", to: "", startsAt: -1, expiresAt: 0, nonce: .max)
        #expect(Self.key.token(extreme) == "oJqVD_kplURCW7y3CwlEsdmB8fOXLu6BcsF7C0rBHsk")
    }

    @Test("every field counts, and no field can borrow from its neighbour")
    func fields() {
        var others: [PunchAttempt] = []
        for change: (inout PunchAttempt) -> Void in [
            { $0.session = "s2" },
            {
                $0.from = "alicebo"; $0.to = "b"
            },
            {
                $0.from = "bob"; $0.to = "alice"
            },
            { $0.startsAt += 1 }, { $0.expiresAt += 1 }, { $0.nonce += 1 },
            {
                $0.session = "s1alice"; $0.from = ""
            },
        ] {
            var other = Self.attempt
            change(&other)
            others.append(other)
        }
        let tokens = Set(others.map(Self.key.token) + [Self.key.token(Self.attempt)])
        #expect(tokens.count == others.count + 1)
        #expect(tokens.allSatisfy { $0.utf8.count == 43 })
        #expect(!tokens.contains(PunchTokenKey(secret: "another secret").token(Self.attempt)))
    }

    @Test("a token is in force for its session and for ten seconds")
    func life() throws {
        let tokens = PunchTokens(key: Self.key)
        let token = try #require(tokens.issue(Self.attempt, at: Self.start))
        #expect(tokens.verifies(token, of: "s1", at: Self.start))
        #expect(tokens.verifies(token, of: "s1", at: Self.start + .milliseconds(9_999)))
        #expect(!tokens.verifies(token, of: "s1", at: Self.start + .seconds(10)))
        #expect(!tokens.verifies(token, of: "s2", at: Self.start))
        #expect(!tokens.verifies(String(token.reversed()), of: "s1", at: Self.start))
        #expect(!tokens.verifies("", of: "s1", at: Self.start))
    }

    /// The reference took every text of sixteen bytes.
    @Test("a token that nobody gave out is none, whoever can make it")
    func notIssued() {
        let tokens = PunchTokens(key: Self.key)
        #expect(!tokens.verifies(Self.key.token(Self.attempt), of: "s1", at: Self.start))
        #expect(!tokens.verifies("0123456789abcdef", of: "s1", at: Self.start))
    }

    @Test("no more tokens are kept than may be, and those that ended make room")
    func bounded() {
        var live = LivePunchTokens(limit: 3)
        let end = Self.start + .seconds(10)
        let taken = (0..<5).map { live.insert("t\($0)", of: "s\($0 % 2)", until: end, at: Self.start) }
        #expect(taken == [true, true, true, false, false])
        #expect(live.count == 3)
        let isTaken = live.insert("later", of: "s1", until: end + .seconds(10), at: end)
        #expect(isTaken)
        #expect(live.count == 1)
        #expect(live.has("later", of: "s1", at: end) && !live.has("t1", of: "s1", at: end))
    }
}

import RelayAccess
import RelayWire
import Synchronization
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

    /// Made by Python's `hmac`, by hand from RFC 5869 and the field list.
    @Test(
        "a token is its end, a digest of its attempt, and a seal on both, each by HMAC-SHA256 over fields behind their lengths"
    )
    func golden() {
        #expect(Self.key.token(Self.attempt) == "AYvP5Y9CmyPakY7_J_ojbDHNuWFrvcthvqWVdLjTRJY")
        let extreme = PunchAttempt(session: "", from: "", to: "", startsAt: -1, expiresAt: 0, nonce: .max)
        #expect(Self.key.token(extreme) == "AAAAAAAA2jXtFEQotLJiXd7XZ6LvbYQeDrpFZOjNYyQ")
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

    @Test("a token is in force for its session until its end, at every relay with the secret, and nowhere else")
    func life() {
        let token = Self.key.token(Self.attempt)
        let another = PunchTokenKey(secret: "a secret for tests")
        for key in [Self.key, another] {
            #expect(key.verifies(token, of: "s1", at: 0))
            #expect(key.verifies(token, of: "s1", at: Self.attempt.expiresAt - 1))
            #expect(!key.verifies(token, of: "s1", at: Self.attempt.expiresAt))
            #expect(!key.verifies(token, of: "s2", at: 0))
        }
        #expect(!PunchTokenKey(secret: "another secret").verifies(token, of: "s1", at: 0))
    }

    /// The reference took every text of sixteen bytes.
    @Test("a token that no relay made is none: changed in any bit, of any other length, or put together of two")
    func forged() throws {
        let token = Self.key.token(Self.attempt)
        let bytes = try #require(Base64URL.decode(token.utf8))
        for place in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[place] ^= 1 << bit
                #expect(!Self.key.verifies(Base64URL.encode(changed), of: "s1", at: 0))
            }
        }
        for length in 0..<token.utf8.count {
            #expect(!Self.key.verifies(String(token.prefix(length)), of: "s1", at: 0))
        }
        #expect(!Self.key.verifies(token + "A", of: "s1", at: 0))
        #expect(!Self.key.verifies(String(repeating: "\u{e9}", count: 43), of: "s1", at: 0))
        var other = Self.attempt
        other.expiresAt += 60_000
        let later = try #require(Base64URL.decode(Self.key.token(other).utf8))
        for cut in 1..<bytes.count {
            let mixed = Array(later[..<cut] + bytes[cut...])
            // Both begin alike: until they differ, it is the token itself; from where they end alike, the other.
            guard mixed != bytes, mixed != later else { continue }
            #expect(!Self.key.verifies(Base64URL.encode(mixed), of: "s1", at: 0))
        }
    }

    @Test("a relay gives out tokens that are in force by its own clock")
    func issued() {
        let moment = Mutex(Timestamp(microseconds: 1_700_000_010_049_000))
        let tokens = PunchTokens(key: Self.key) { moment.withLock { $0 } }
        let token = tokens.issue(Self.attempt)
        #expect(tokens.verifies(token, of: "s1"))
        moment.withLock { $0 = Timestamp(microseconds: 1_700_000_010_050_000) }
        #expect(!tokens.verifies(token, of: "s1"))
    }
}

import RelayWire
import Testing

@testable import RelayServer

@Suite("When a connection is warned and when it ends")
struct TokenExpiryTests {
    @Test("It is warned once, a minute before, and ends at the expiry")
    func course() {
        var expiry = TokenExpiry()
        let end = Timestamp(microseconds: 0).adding(seconds: 1_000)
        let course: [(Int64, TokenExpiry.Action)] = [
            (0, .nothing), (939, .nothing), (940, .warn), (941, .nothing), (999, .nothing), (1_000, .end),
            (1_001, .end),
        ]
        for (second, action) in course {
            let now = Timestamp(microseconds: 0).adding(seconds: second)
            // What was said of the next check holds: nothing would be missed without those before.
            #expect(action == .nothing || expiry.nextCheck(expiresAt: end) <= now, "at \(second)")
            #expect(expiry.tick(at: now, expiresAt: end) == action, "at \(second)")
        }
    }

    @Test("A clock that is set decides by what it says: forward it ends at once, back there is another warning")
    func steps() {
        var expiry = TokenExpiry()
        let end = Timestamp(microseconds: 0).adding(seconds: 90_000)
        let course: [(Int64, TokenExpiry.Action)] = [
            (89_950, .warn), (3_550, .nothing), (89_950, .warn), (89_951, .nothing), (176_350, .end),
        ]
        for (second, action) in course {
            let now = Timestamp(microseconds: 0).adding(seconds: second)
            // What was said of the next check holds: nothing would be missed without those before.
            #expect(action == .nothing || expiry.nextCheck(expiresAt: end) <= now, "at \(second)")
            #expect(expiry.tick(at: now, expiresAt: end) == action, "at \(second)")
        }
    }
}

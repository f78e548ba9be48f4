import NIOCore
import RelayWire
import SeededRandom
import Testing

@testable import RelayClient

@Suite("Tunnels: opening an end again")
struct TunnelAttemptsTests {
    private static let start = Timestamp(microseconds: 1_000_000_000)

    private static func decide(
        _ end: ConnectionEnd,
        _ attempts: inout TunnelAttempts,
        after seconds: Int64 = 0
    ) -> TunnelAttempts.Decision {
        var random = SeededGenerator(seed: 1)
        return attempts.ended(end, at: self.start.adding(seconds: seconds), using: &random)
    }

    @Test("A lost relay is tried again until the patience is spent, which begins anew once both ends have met")
    func patience() {
        var attempts = TunnelAttempts(patience: .seconds(60))
        let lost = ConnectionEnd.lost(ConnectionFault.silent)
        guard case .again(_, let reason) = Self.decide(lost, &attempts) else { return #expect(Bool(false)) }
        #expect(reason == "lost the relay: no sign of life")
        guard case .again(_, nil) = Self.decide(.closed(code: 1001, reason: ""), &attempts, after: 59) else {
            return #expect(Bool(false), "told twice, or given up")
        }
        var spent = attempts
        #expect(Self.decide(lost, &spent, after: 60) == .giveUp("lost the relay: no sign of life"))
        attempts.recovered()
        guard case .again = Self.decide(lost, &attempts, after: 60) else { return #expect(Bool(false)) }
    }

    @Test("An expired token is replaced at once, and nobody is told")
    func expiry() {
        var attempts = TunnelAttempts(patience: .seconds(60))
        #expect(Self.decide(.closed(code: 4001, reason: ""), &attempts) == .again(after: .zero, reason: nil))
    }

    @Test("What trying again can't mend ends at once", arguments: [4003, 4004, 4009, 4010, 1002])
    func ends(code: Int) {
        var attempts = TunnelAttempts(patience: .seconds(60))
        guard case .giveUp = Self.decide(.closed(code: code, reason: ""), &attempts) else {
            return #expect(Bool(false))
        }
    }

    @Test("A certificate that is not trusted ends at once")
    func untrusted() {
        var attempts = TunnelAttempts(patience: .seconds(60))
        #expect(Self.decide(.lost(TLSFault.untrusted), &attempts) == .giveUp("\(TLSFault.untrusted)"))
    }

    @Test("A tunnel that the relay does not know is gone", arguments: [404, 410, 403])
    func gone(status: Int) {
        var attempts = TunnelAttempts(patience: .seconds(60))
        let reply = HTTPReply(status: status, retryAfter: nil, body: [])
        guard case .giveUp = Self.decide(.refused(reply), &attempts) else { return #expect(Bool(false)) }
    }
}

import NIOCore
import RelayWire

/// Decides whether a tunnel's end is opened again after a connection has ended.
struct TunnelAttempts {
    enum Decision: Hashable {
        /// - Parameter reason: for people; nil where they were told before, or need not know.
        case again(after: Duration, reason: String?)
        case giveUp(String)
    }

    /// A token that the relay takes no more.
    var rejectedToken: String?

    private let patience: Duration
    private let backoff = Backoff(first: .milliseconds(200), longest: .seconds(3))
    private var failures = 0
    private var givesUpAt: Timestamp?

    init(patience: Duration) {
        self.patience = patience
    }

    mutating func ended(
        _ end: ConnectionEnd,
        at now: Timestamp,
        using random: inout some RandomNumberGenerator
    ) -> Decision {
        switch end {
        case .closed(let code, let reason): return self.closed(code, reason, at: now, using: &random)
        case .lost(let fault as TLSFault): return .giveUp("\(fault)")
        case .lost(let error): return self.failed("lost the relay: \(ConnectionFault.text(of: error))", now, &random)
        case .refused(let reply) where [404, 410].contains(reply.status):
            return .giveUp("the relay has no such tunnel any more")
        case .refused(let reply) where reply.status == 409 || reply.status == 401 || reply.status >= 500:
            return self.failed("the relay answered \(reply.status): \(reply.detail)", now, &random)
        case .refused(let reply): return .giveUp("the relay refused: \(RelayError.refusal(reply))")
        case .unauthenticated(let error) where error.code == .unavailable:
            return self.failed("lost the relay: \(error)", now, &random)
        case .unauthenticated(let error): return .giveUp("\(error)")
        case .nonsense(let error): return .giveUp("this is no relay: \(error)")
        }
    }

    private mutating func closed(
        _ code: Int,
        _ reason: String,
        at now: Timestamp,
        using random: inout some RandomNumberGenerator
    ) -> Decision {
        switch code {
        // The token has expired: another is got, and nobody need know.
        case 4001:
            self.failures = 0
            self.givesUpAt = nil
            return .again(after: .zero, reason: nil)
        case 4003: return .giveUp("this peer is not in the session any more")
        case 4004: return .giveUp("the session has ended")
        // The same peer has opened this end elsewhere.
        case 4010: return .giveUp("another program has taken this end of the tunnel")
        case 1002, 1003, 1009, 4009: return .giveUp("the relay refused what was sent: \(reason)")
        // The other end has closed its own, or was not there in time; it may come back, as after a restart of the relay.
        default: return self.failed("the other end is not connected", now, &random)
        }
    }

    /// Both ends are connected again: the next loss has its own time.
    mutating func recovered() {
        self.failures = 0
        self.givesUpAt = nil
    }

    private mutating func failed(
        _ reason: String,
        _ now: Timestamp,
        _ random: inout some RandomNumberGenerator
    ) -> Decision {
        self.failures += 1
        let end = self.givesUpAt ?? now.adding(seconds: self.patience.components.seconds)
        self.givesUpAt = end
        guard now < end else { return .giveUp(reason) }
        let delay = self.backoff.delay(afterFailures: self.failures, using: &random)
        return .again(after: delay, reason: self.failures == 1 ? reason : nil)
    }
}

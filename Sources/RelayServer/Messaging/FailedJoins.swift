import NIOCore
import RelayAccess

/// Holds addresses to so many failed joins a minute: who guesses tokens is slowed down, and a class that joins at once is not.
struct FailedJoins: Sendable {
    let limiter: RateLimiter

    func admit(_ address: String, at now: NIODeadline) throws(AccessError) {
        try self.limiter.checkUncounted(.failedJoin, key: address, at: now)
    }

    func failed(_ address: String, at now: NIODeadline) {
        try? self.limiter.check(.failedJoin, key: address, at: now)
    }
}

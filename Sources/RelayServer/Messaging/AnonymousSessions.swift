import NIOCore
import RelayAccess

/// Holds addresses to so many sessions a minute that nobody's account makes, on all relays that share a store.
struct AnonymousSessions: Sendable {
    let limiter: RateLimiter

    func admit(_ address: String, at now: NIODeadline) async throws(AccessError) {
        try await self.limiter.checkEverywhere(.anonymousSession, key: address, at: now)
    }
}

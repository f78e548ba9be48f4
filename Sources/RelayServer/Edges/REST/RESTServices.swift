import Logging
import RelayAccess
import RelayCore

/// What the router's routes work with.
struct RESTServices: Sendable {
    let access: Access
    let broker: Broker
    /// Lists that are under way, and their turns.
    let lists: Turns
    /// Largest request body, bytes.
    let maxBodyBytes: Int
    /// Whose request one is.
    let clients: ClientAddress
    let logger: Logger

    /// Counts a request against its client's address, on all relays together. Throws `rateLimited`.
    ///
    /// - Parameters:
    ///   - peer: the connection's other end.
    ///   - forwardedFor: the values of `X-Forwarded-For`.
    func count(_ rule: RateLimitRule, peer: String, forwardedFor: [String]) async throws(AccessError) {
        let address = self.clients.address(peer: peer, forwardedFor: forwardedFor)
        let now = self.broker.clock.uptime()
        try await self.access.rateLimiter.checkEverywhere(rule, key: ClientAddress.key(address), at: now)
    }
}

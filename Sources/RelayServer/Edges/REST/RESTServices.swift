import Logging
import RelayAccess
import RelayCore

/// How people sign in at pages.
struct SignInServices: Sendable {
    /// Where browsers reach the relay; nil: by the name that they use.
    let publicURL: PublicURL?
    /// Whether people let devices in by their passwords.
    let takesPasswords: Bool
    /// Where else they may sign in.
    let providers: IdentityProviders

    init(_ settings: RelayConfiguration.SignIn, _ providers: IdentityProviders) {
        self.publicURL = settings.publicURL
        self.takesPasswords = settings.letsPasswordsApprove
        self.providers = providers
    }

    var letsDevicesIn: Bool { self.takesPasswords || !self.providers.all.isEmpty }
}

/// What the router's routes work with.
struct RESTServices: Sendable {
    let access: Access
    let broker: Broker
    let readers: ReaderCursors
    /// Lists that are under way, and their turns.
    let lists: Turns
    /// Largest request body, bytes.
    let maxBodyBytes: Int
    /// Whose request one is.
    let clients: ClientAddress
    /// How people sign in at this moment.
    var signIn: SignInServices { self.signInInForce.current }
    let signInInForce: Adjustable<SignInServices>
    let signIns: SignInMetrics
    /// Nil where nothing is recorded: on a port for metrics alone.
    let audit: AuditTrail?
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

import Logging
import NIOCore
import RelayAccess
import RelayCore

/// Sign-ins elsewhere, and tokens of other issuers, by the configuration as it is at each moment.
struct LiveSignIn: Sendable {
    /// How people sign in.
    let services: Adjustable<SignInServices>
    private let access: Access
    private let http: OutgoingHTTP
    private let uptime: @Sendable () -> NIODeadline
    private let logger: Logger

    init(
        _ configuration: RelayConfiguration.SignIn,
        access: Access,
        http: OutgoingHTTP,
        uptime: @escaping @Sendable () -> NIODeadline,
        logger: Logger
    ) {
        self.access = access
        self.http = http
        self.uptime = uptime
        self.logger = logger
        self.services = Adjustable(
            SignInServices(configuration, IdentityProviders(configuration, http: http, uptime: uptime))
        )
    }

    /// Takes the issuers' tokens, and follows the configuration from then on.
    ///
    /// - Parameters:
    ///   - first: what it was made with.
    ///   - metrics: told of tokens that are taken, and refused.
    func follow(_ live: LiveConfiguration, from first: RelayConfiguration.SignIn, metrics: SignInMetrics) {
        self.takeTokens(of: first.issuers, metrics)
        live.observeChanges { self.change(from: $0.signIn, to: $1.signIn, metrics) }
    }

    /// What providers and issuers have said is asked anew only where one of them has changed.
    private func change(
        from old: RelayConfiguration.SignIn,
        to new: RelayConfiguration.SignIn,
        _ metrics: SignInMetrics
    ) {
        let isSame =
            old.providers == new.providers && old.usesProviders == new.usesProviders
            && old.defaultPermissions == new.defaultPermissions
        let providers =
            isSame
            ? self.services.current.providers : IdentityProviders(new, http: self.http, uptime: self.uptime)
        self.services.change(to: SignInServices(new, providers))
        if old.issuers != new.issuers { self.takeTokens(of: new.issuers, metrics) }
    }

    private func takeTokens(of issuers: [String: RelayConfiguration.SignIn.Issuer], _ metrics: SignInMetrics) {
        self.access.authenticator.takeForeignTokens(
            readBy: TokenIssuers(
                issuers,
                users: self.access.federatedUsers,
                http: self.http,
                uptime: self.uptime,
                metrics: metrics,
                logger: self.logger
            )
        )
    }
}

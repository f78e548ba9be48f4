import RelayCore
public import RelayWire

/// Where the time comes from.
public typealias TimeSource = @Sendable () -> Timestamp

/// How the access floor is to behave.
public struct AccessSettings: Sendable, CustomStringConvertible {
    /// Without a ``TokenSecretWeakness``.
    public var tokenSecret: String
    /// Whether ``tokenSecret`` may be short nonetheless.
    public var allowsShortSecret = false
    /// More than 300.
    public var accessTokenSeconds: Int64 = 3600
    /// 1 to 36,500; values beyond count as the nearest of these.
    public var refreshTokenDays: Int64 = 90
    /// See ``RefreshAttempt/reuseGraceSeconds``. 0: a refresh token that comes back always ends its chain.
    public var refreshReuseGraceSeconds: Int64 = 0
    /// Live refresh tokens of one user; a log-in beyond it ends the oldest. At least 1.
    public var maxTokensPerUser = 100
    /// How long service tokens live.
    public var serviceTokens = ServiceTokens.Lifetimes()
    /// Service tokens of one user. At least 1.
    public var maxServiceTokensPerUser = 1_000
    /// Verified tokens remembered at most; a long one counts as several.
    public var tokenCacheCapacity = 16_384
    /// How often an address or a user may ask for what.
    public var rateLimits = RateLimits.standard
    /// How devices are let in by a code.
    public var devices = DeviceFlowSettings()
    /// How people sign in at identity providers.
    public var signIns = SignInSettings()

    /// The defaults, with the secret that access tokens are signed by.
    public init(tokenSecret: String) {
        self.tokenSecret = tokenSecret
    }

    /// Without the secret.
    public var description: String { "AccessSettings(accessTokenSeconds: \(self.accessTokenSeconds))" }
}

/// The access floor, put together: users, tokens and limits over one store.
///
/// The store and the hasher belong to the caller, who shuts them down after everything here has come to rest.
public struct Access: Sendable {
    /// Finds out whose a bearer token is.
    public let authenticator: Authenticator
    /// Gives tokens for a name and a password.
    public let logins: Logins
    /// Changes the password of who knows the old one.
    public let passwords: PasswordChange
    /// Exchanges refresh tokens, lists them, and ends them.
    public let refreshChains: RefreshChains
    /// Ends an access token, with what it has opened.
    public let logout: Logout
    /// Lets in devices by a code.
    public let devices: DeviceFlow
    /// Lets in people whom an identity provider knows.
    public let signIns: SignIns
    /// Users that were made for people whom an identity provider, or another issuer, knows.
    public let federatedUsers: FederatedUsers
    /// Tokens that users make for others, limited to topics.
    public let serviceTokens: ServiceTokens
    /// What administrators do with users.
    public let users: UserAdministration
    /// Counts what is limited.
    public let rateLimiter: RateLimiter

    private let tokens: AccessTokens
    private let grantSettings: Adjustable<GrantSettings>
    private let store: any AccessStore
    private let now: TimeSource

    public init(
        store: any AccessStore,
        hasher: any PasswordHashing,
        settings: AccessSettings,
        now: @escaping TimeSource
    ) throws(AccessTokenSettingsError) {
        let tokens = try AccessTokens(
            secret: settings.tokenSecret,
            allowsShortSecret: settings.allowsShortSecret,
            lifetimeSeconds: settings.accessTokenSeconds
        )
        let grantSettings = Adjustable(GrantSettings(settings))
        let grants = TokenGrants(
            tokens: tokens,
            store: store,
            settings: grantSettings
        )
        self.authenticator = Authenticator(
            tokens: tokens,
            denyList: store,
            accounts: AccountDirectory(store: store),
            cacheCapacity: settings.tokenCacheCapacity
        )
        self.logins = Logins(users: store, grants: grants, hasher: hasher, now: now)
        self.refreshChains = RefreshChains(
            store: store,
            grants: grants,
            now: now
        )
        self.logout = Logout(denyList: store, authenticator: self.authenticator)
        self.devices = DeviceFlow(store: store, grants: grants, now: now)
        self.signIns = SignIns(store: store, grants: grants, now: now)
        self.serviceTokens = ServiceTokens(
            tokens: tokens,
            store: store,
            logout: self.logout,
            settings: grantSettings,
            now: now
        )
        self.users = UserAdministration(store: store, hasher: hasher, authenticator: self.authenticator, now: now)
        self.federatedUsers = FederatedUsers(store: store, users: self.users, now: now)
        self.passwords = PasswordChange(logins: self.logins, users: self.users, grants: grants, now: now)
        self.rateLimiter = RateLimiter(settings.rateLimits, shared: store as? any SharedRateCounts)
        self.store = store
        self.now = now
        self.tokens = tokens
        self.grantSettings = grantSettings
    }

    /// Gives out tokens by other settings from now on, and holds clients to other limits. Those that are out live as long as they were to.
    ///
    /// - Parameter settings: of these ``AccessSettings/tokenSecret``, ``AccessSettings/allowsShortSecret`` and
    ///   ``AccessSettings/tokenCacheCapacity`` count for nothing: they hold as the relay was begun with.
    public func change(to settings: AccessSettings) {
        self.tokens.change(lifetimeSeconds: settings.accessTokenSeconds)
        self.grantSettings.change(to: GrantSettings(settings))
        self.rateLimiter.change(to: settings.rateLimits)
    }

    /// How long a denial is kept beyond its token's life. Where relays share a store, one whose clock goes behind takes the token for
    /// good for as long as it does.
    private static let clockDifferenceSeconds: Int64 = 3_600

    /// Forgets refresh tokens, service tokens and what waited for somebody, when they have expired, and deny-list entries that have an hour
    /// ago. To be called now and then: an hour apart is fine.
    ///
    /// - Parameter moment: what has expired then goes; nil for the wall clock's now.
    public func sweep(at moment: Timestamp? = nil) async throws(AccessError) {
        try await AccessError.fromStore { () throws(StoreError) in
            let now = moment ?? self.now()
            try await self.store.sweepRefreshTokens(at: now)
            try await self.store.sweepPending(at: now)
            try await self.store.sweepServiceTokens(at: now)
            try await self.store.sweepDenyList(at: now.adding(seconds: -Self.clockDifferenceSeconds))
        }
    }
}

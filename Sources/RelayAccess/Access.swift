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
    /// Verified tokens remembered at most.
    public var tokenCacheCapacity = 16_384
    public var rateLimits = RateLimits.standard

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
    public let authenticator: Authenticator
    public let logins: Logins
    public let refreshChains: RefreshChains
    public let logout: Logout
    public let users: UserAdministration
    public let rateLimiter: RateLimiter

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
        let grants = TokenGrants(
            tokens: tokens,
            store: store,
            refreshLifetimeSeconds: min(max(1, settings.refreshTokenDays), 36_500) * 86_400,
            maxPerUser: settings.maxTokensPerUser
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
            reuseGraceSeconds: settings.refreshReuseGraceSeconds,
            now: now
        )
        self.logout = Logout(denyList: store, authenticator: self.authenticator)
        self.users = UserAdministration(store: store, hasher: hasher, authenticator: self.authenticator, now: now)
        self.rateLimiter = RateLimiter(settings.rateLimits, shared: store as? any SharedRateCounts)
        self.store = store
        self.now = now
    }

    /// How long a denial is kept beyond its token's life. Where relays share a store, one whose clock goes behind takes the token for
    /// good for as long as it does.
    private static let clockDifferenceSeconds: Int64 = 3_600

    /// Forgets refresh tokens that have expired, and deny-list entries that have an hour ago. To be called now and then: an hour apart is fine.
    ///
    /// - Parameter moment: what has expired then goes; nil for the wall clock's now.
    public func sweep(at moment: Timestamp? = nil) async throws(AccessError) {
        try await AccessError.fromStore { () throws(StoreError) in
            let now = moment ?? self.now()
            try await self.store.sweepRefreshTokens(at: now)
            try await self.store.sweepDenyList(at: now.adding(seconds: -Self.clockDifferenceSeconds))
        }
    }
}

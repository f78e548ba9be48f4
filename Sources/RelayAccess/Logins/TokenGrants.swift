import RelayCore
import RelayWire

/// What tokens are given out by, and what waits for somebody. It may change while the relay runs: see ``Access/change(to:)``.
struct GrantSettings: Sendable {
    /// Seconds that a refresh token lives, counted anew at each rotation.
    let refreshLifetimeSeconds: Int64
    /// See ``RefreshAttempt/reuseGraceSeconds``.
    let refreshReuseGraceSeconds: Int64
    /// Live refresh tokens of one user. At least 1.
    let maxTokensPerUser: Int
    let serviceTokens: ServiceTokens.Lifetimes
    /// Service tokens of one user. At least 1.
    let maxServiceTokensPerUser: Int
    let devices: DeviceFlowSettings
    let signIns: SignInSettings

    init(_ settings: AccessSettings) {
        self.refreshLifetimeSeconds = min(max(1, settings.refreshTokenDays), 36_500) * 86_400
        self.refreshReuseGraceSeconds = settings.refreshReuseGraceSeconds
        self.maxTokensPerUser = max(1, settings.maxTokensPerUser)
        self.serviceTokens = settings.serviceTokens
        self.maxServiceTokensPerUser = max(1, settings.maxServiceTokensPerUser)
        self.devices = settings.devices
        self.signIns = settings.signIns
    }
}

/// Makes the tokens that a successful login or refresh hands out.
struct TokenGrants: Sendable {
    let tokens: AccessTokens
    let store: any RefreshTokenStore
    let settings: Adjustable<GrantSettings>

    /// Starts a chain of refresh tokens. Throws `wrongCredentials` where the user has got another password since it was read.
    /// Where the user has more live ones than may be, the oldest end: a log-in is never refused for those that somebody has forgotten.
    func begin(for user: User, hint: String?, at now: Timestamp) async throws(AccessError) -> TokenPair {
        let (presented, text) = PresentedRefreshToken.make()
        let refreshToken = RefreshToken(
            jti: presented.jti,
            user: user.id,
            chain: presented.jti,
            secretHash: presented.secretHash,
            issuedAt: now,
            expiresAt: self.refreshExpiry(from: now),
            clientHint: hint
        )
        let pair = try self.pair(for: user, refreshToken: text, at: now)
        let isStored = try await AccessError.fromStore { () throws(StoreError) in
            try await self.store.insertRefreshToken(refreshToken, generation: user.passwordGeneration)
        }
        guard isStored else { throw AccessError(.wrongCredentials) }
        try await self.endOldest(of: user.id, at: now)
        return pair
    }

    /// Called after a token was inserted: so the last of those who log in at once sees the tokens of all.
    private func endOldest(of user: UserID, at now: Timestamp) async throws(AccessError) {
        try await AccessError.fromStore { () throws(StoreError) in
            let live = try await self.store.liveRefreshTokens(of: user, at: now)
            for token in live.dropLast(self.settings.current.maxTokensPerUser) {
                _ = try await self.store.revokeRefreshToken(token.jti, at: now)
            }
        }
    }

    func pair(for user: User, refreshToken: String, at now: Timestamp) throws(AccessError) -> TokenPair {
        let issued = try self.tokens.issue(for: user.principal, generation: user.passwordGeneration, at: now)
        return TokenPair(
            user: user.id,
            accessToken: issued.text,
            expiresIn: issued.expiresIn,
            refreshToken: refreshToken
        )
    }

    func refreshExpiry(from now: Timestamp) -> Timestamp {
        now.adding(seconds: self.settings.current.refreshLifetimeSeconds)
    }
}

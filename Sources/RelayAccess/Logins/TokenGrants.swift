import RelayCore
import RelayWire

/// Makes the tokens that a successful login or refresh hands out.
struct TokenGrants: Sendable {
    let tokens: AccessTokens
    let store: any RefreshTokenStore
    /// Seconds that a refresh token lives, counted anew at each rotation.
    let refreshLifetimeSeconds: Int64
    /// Live refresh tokens of one user.
    let maxPerUser: Int

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
            for token in live.dropLast(max(1, self.maxPerUser)) {
                _ = try await self.store.revokeRefreshToken(token.jti, at: now)
            }
        }
    }

    func pair(for user: User, refreshToken: String, at now: Timestamp) throws(AccessError) -> TokenPair {
        let issued = try self.tokens.issue(for: user.principal, generation: user.passwordGeneration, at: now)
        return TokenPair(accessToken: issued.text, expiresIn: issued.expiresIn, refreshToken: refreshToken)
    }

    func refreshExpiry(from now: Timestamp) -> Timestamp {
        now.adding(seconds: self.refreshLifetimeSeconds)
    }
}

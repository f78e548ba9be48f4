import RelayCore
import RelayWire

/// Makes the tokens that a successful login or refresh hands out.
struct TokenGrants: Sendable {
    let tokens: AccessTokens
    let store: any RefreshTokenStore
    /// Seconds that a refresh token lives, counted anew at each rotation.
    let refreshLifetimeSeconds: Int64

    /// Starts a chain of refresh tokens. Throws `wrongCredentials` where the user has got another password since it was read.
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
        return pair
    }

    func pair(for user: User, refreshToken: String, at now: Timestamp) throws(AccessError) -> TokenPair {
        let issued = try self.tokens.issue(for: user.principal, generation: user.passwordGeneration, at: now)
        return TokenPair(accessToken: issued.text, expiresIn: issued.expiresIn, refreshToken: refreshToken)
    }

    func refreshExpiry(from now: Timestamp) -> Timestamp {
        now.adding(seconds: self.refreshLifetimeSeconds)
    }
}

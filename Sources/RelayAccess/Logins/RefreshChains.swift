public import RelayCore
import RelayWire

/// Everything that can be done with refresh tokens.
public struct RefreshChains: Sendable {
    private let store: any RefreshTokenStore & UserStore
    private let grants: TokenGrants
    private let now: TimeSource

    init(
        store: any RefreshTokenStore & UserStore,
        grants: TokenGrants,
        now: @escaping TimeSource
    ) {
        self.store = store
        self.grants = grants
        self.now = now
    }

    /// Exchanges a refresh token for its successor and an access token.
    ///
    /// A spent token that comes back ends its whole chain. A live token of an inactive user is left as it is: it works
    /// again when the user does. Throws `invalidRefreshToken`, `refreshUserNotFound`, `unavailable`.
    public func refresh(_ text: String) async throws(AccessError) -> TokenPair {
        let now = self.now()
        guard let presented = PresentedRefreshToken(text),
            let stored = try await self.stored(presented)
        else { throw AccessError(.invalidRefreshToken) }
        let user = try await self.activeUser(stored.user)
        guard user != nil || !stored.isLive(at: now) else { throw AccessError(.refreshUserNotFound) }
        let successor = try await self.rotate(presented, at: now)
        guard let user else { throw AccessError(.refreshUserNotFound) }
        return try self.grants.pair(for: user, refreshToken: successor, at: now)
    }

    /// Does nothing where the token is unknown or its secret wrong: whoever asks learns nothing.
    ///
    /// Throws `malformedRefreshToken`, `unavailable`.
    public func revoke(_ text: String, wholeChain: Bool = false) async throws(AccessError) {
        guard let presented = PresentedRefreshToken(text) else { throw AccessError(.malformedRefreshToken) }
        guard let stored = try await self.stored(presented) else { return }
        try await AccessError.fromStore { () throws(StoreError) in
            if wholeChain {
                try await self.store.revokeRefreshChain(stored.chain, at: self.now())
            } else {
                _ = try await self.store.revokeRefreshToken(stored.jti, at: self.now())
            }
        }
    }

    /// The user's live refresh tokens, oldest first.
    public func sessions(of user: UserID) async throws(AccessError) -> [RefreshToken] {
        try await AccessError.fromStore { () throws(StoreError) in
            try await self.store.liveRefreshTokens(of: user, at: self.now())
        }
    }

    /// Throws `sessionNotFound` also for tokens of other users.
    public func endSession(_ jti: String, of user: UserID) async throws(AccessError) {
        let wasLive = try await AccessError.fromStore { () throws(StoreError) in
            guard try await self.store.refreshToken(jti)?.user == user else { return false }
            return try await self.store.revokeRefreshToken(jti, at: self.now())
        }
        guard wasLive else { throw AccessError(.sessionNotFound) }
    }

    /// - Returns: the successor as its client gets it.
    private func rotate(_ presented: PresentedRefreshToken, at now: Timestamp) async throws(AccessError) -> String {
        let (successor, text) = PresentedRefreshToken.make()
        let attempt = RefreshAttempt(
            jti: presented.jti,
            secretHash: presented.secretHash,
            successorJTI: successor.jti,
            successorSecretHash: successor.secretHash,
            successorExpiresAt: self.grants.refreshExpiry(from: now),
            now: now,
            reuseGraceSeconds: self.grants.settings.current.refreshReuseGraceSeconds
        )
        let outcome = try await AccessError.fromStore { () throws(StoreError) in
            try await self.store.rotateRefreshToken(attempt)
        }
        guard case .rotated = outcome else { throw AccessError(.invalidRefreshToken) }
        return text
    }

    /// - Returns: nil also where the secret is wrong.
    private func stored(_ presented: PresentedRefreshToken) async throws(AccessError) -> RefreshToken? {
        let stored = try await AccessError.fromStore { () throws(StoreError) in
            try await self.store.refreshToken(presented.jti)
        }
        guard let stored, presented.matches(stored) else { return nil }
        return stored
    }

    private func activeUser(_ id: UserID) async throws(AccessError) -> User? {
        let user = try await AccessError.fromStore { () throws(StoreError) in try await self.store.user(id) }
        guard let user, user.isActive else { return nil }
        return user
    }
}

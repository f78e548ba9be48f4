import RelayCore
import RelayWire

/// Ending an access token before it expires.
public struct Logout: Sendable {
    private let denyList: any DenyListStore
    private let authenticator: Authenticator

    init(denyList: any DenyListStore, authenticator: Authenticator) {
        self.denyList = denyList
        self.authenticator = authenticator
    }

    /// The token of `session` is refused from now on, on connections that are open with it too. Other tokens and the
    /// refresh tokens of the user stay. Without effect on a token that has no jti.
    ///
    /// Throws `unavailable` where the store could not keep it. Then it is refused here nonetheless: that is what was
    /// asked for, and the request may be repeated.
    public func logout(_ session: Session) async throws(AccessError) {
        guard let jti = session.jti else { return }
        try await self.end(jti, of: session.account.id, until: session.expiresAt)
    }

    /// The same of a token that was issued and is not shown.
    func end(_ jti: String, of user: UserID, until expiresAt: Timestamp) async throws(AccessError) {
        defer { self.authenticator.invalidate(token: jti, of: user) }
        try await AccessError.fromStore { () throws(StoreError) in
            try await self.denyList.denyToken(jti, of: user, until: expiresAt)
        }
    }
}

public import RelayCore
public import RelayWire

/// Access tokens that were logged out before they expired.
public protocol DenyListStore: Sendable {
    /// - Parameters:
    ///   - user: whose token it is.
    ///   - expiresAt: the token's own expiry; the entry may be forgotten then.
    func denyToken(_ jti: String, of user: UserID, until expiresAt: Timestamp) async throws(StoreError)

    /// Whether the token was denied, and its entry has not expired.
    func isTokenDenied(_ jti: String, at now: Timestamp) async throws(StoreError) -> Bool

    /// Forgets the entries that have expired by `now`.
    func sweepDenyList(at now: Timestamp) async throws(StoreError)
}

/// Everything that the access floor keeps.
public typealias AccessStore = DenyListStore & RefreshTokenStore & UserStore

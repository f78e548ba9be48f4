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

    /// The entries, ordered by expiry and then by their jtis' bytes; at most `limit`, after `entry` where one is given.
    func deniedTokens(after entry: DeniedToken?, limit: Int) async throws(StoreError) -> [DeniedToken]

    /// Forgets the entries that have expired by `now`.
    func sweepDenyList(at now: Timestamp) async throws(StoreError)
}

/// Everything that the access floor keeps.
public typealias AccessStore = DenyListStore & PendingStore & RefreshTokenStore & ServiceTokenStore & UserStore

/// An access token that was logged out.
public struct DeniedToken: Hashable, Sendable {
    /// Of the token.
    public let jti: String
    /// The token's own expiry.
    public let expiresAt: Timestamp

    public init(jti: String, expiresAt: Timestamp) {
        self.jti = jti
        self.expiresAt = expiresAt
    }

    /// Whether it comes before another in the order of ``DenyListStore/deniedTokens(after:limit:)``.
    public func precedes(_ other: DeniedToken) -> Bool {
        if self.expiresAt != other.expiresAt { return self.expiresAt < other.expiresAt }
        return self.jti.utf8.lexicographicallyPrecedes(other.jti.utf8)
    }
}

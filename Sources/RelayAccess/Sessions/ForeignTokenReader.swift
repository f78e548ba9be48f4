public import RelayCore
public import RelayWire

/// Whom a token of another issuer lets in, as what, and until when.
public struct ForeignTokenHolder: Hashable, Sendable {
    /// The user who was made for them.
    public let user: UserID
    /// What the token says that they may do, as the relay is configured to read it.
    public let permissions: Permissions
    /// When their token ends.
    public let expiresAt: Timestamp

    public init(user: UserID, permissions: Permissions, expiresAt: Timestamp) {
        self.user = user
        self.permissions = permissions
        self.expiresAt = expiresAt
    }
}

/// Reads the tokens of other issuers that are taken for bearer tokens besides access tokens.
public protocol ForeignTokenReader: Sendable {
    /// Asked only of what is neither an access token of the relay's own nor a ticket.
    ///
    /// - Parameter token: as it came. Of any length.
    /// - Returns: nil for what is no good token now.
    /// - Throws: `accountInactive` where its user is not active; `localAccount`; `unavailable` where it can't be found out.
    func holder(of token: String, at now: Timestamp) async throws(AccessError) -> ForeignTokenHolder?
}

public import RelayCore
public import RelayWire

/// A refresh token as it is stored. Its secret is not: only the secret's SHA-256.
public struct RefreshToken: Hashable, Sendable {
    /// A UUID string: the part of the token before the dot.
    public let jti: String
    /// For whom it gives access tokens.
    public let user: UserID
    /// Shared by a login's token and all that it was rotated into.
    public let chain: String
    /// SHA-256 of the secret, 32 bytes.
    public let secretHash: [UInt8]
    public let issuedAt: Timestamp
    /// From then on it is worth nothing, whatever became of it.
    public let expiresAt: Timestamp
    /// Where the token came from: `password-login`, say.
    public let clientHint: String?
    /// When it was exchanged last; nil where it never was.
    public var lastUsedAt: Timestamp?
    /// When it was exchanged for a successor, and for which.
    public var rotatedAt: Timestamp?
    public var successor: String?
    /// When it was ended before its time; nil where it was not.
    public var revokedAt: Timestamp?

    public init(
        jti: String,
        user: UserID,
        chain: String,
        secretHash: [UInt8],
        issuedAt: Timestamp,
        expiresAt: Timestamp,
        clientHint: String?,
        lastUsedAt: Timestamp? = nil,
        rotatedAt: Timestamp? = nil,
        successor: String? = nil,
        revokedAt: Timestamp? = nil
    ) {
        self.jti = jti
        self.user = user
        self.chain = chain
        self.secretHash = secretHash
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.clientHint = clientHint
        self.lastUsedAt = lastUsedAt
        self.rotatedAt = rotatedAt
        self.successor = successor
        self.revokedAt = revokedAt
    }

    /// Whether it can still be exchanged.
    public func isLive(at now: Timestamp) -> Bool {
        self.revokedAt == nil && self.rotatedAt == nil && now < self.expiresAt
    }
}

public import RelayCore
public import RelayWire

/// One attempt to exchange a refresh token for its successor.
public struct RefreshAttempt: Sendable {
    /// Of the presented token.
    public let jti: String
    /// SHA-256 of the presented secret.
    public let secretHash: [UInt8]
    /// The successor's jti and secret hash, made ready by the caller; used only if the exchange succeeds.
    public let successorJTI: String
    public let successorSecretHash: [UInt8]
    /// When the successor ends, if it comes to be.
    public let successorExpiresAt: Timestamp
    public let now: Timestamp
    /// Within this many seconds of its rotation a token may be presented again while its successor is unused. 0: never.
    public let reuseGraceSeconds: Int64

    public init(
        jti: String,
        secretHash: [UInt8],
        successorJTI: String,
        successorSecretHash: [UInt8],
        successorExpiresAt: Timestamp,
        now: Timestamp,
        reuseGraceSeconds: Int64
    ) {
        self.jti = jti
        self.secretHash = secretHash
        self.successorJTI = successorJTI
        self.successorSecretHash = successorSecretHash
        self.successorExpiresAt = successorExpiresAt
        self.now = now
        self.reuseGraceSeconds = reuseGraceSeconds
    }
}

/// What became of an attempt.
public enum RefreshOutcome: Hashable, Sendable {
    /// The successor is stored, the presented token is spent.
    case rotated(RefreshToken)
    /// Unknown, expired, revoked, or the secret is wrong. Nothing was changed.
    case invalid
    /// A spent token came back: its whole chain is revoked now, the newest successor included.
    case reused(user: UserID, chain: String)
}

/// Refresh-token chains. `rotate` and `revokeChain` are one atomic step each: of two concurrent attempts with one token
/// one wins, and the other is a reuse.
public protocol RefreshTokenStore: Sendable {
    /// Stores the first token of a chain, or one as it was elsewhere, unless the user is gone or has had another password since; one atomic step.
    ///
    /// - Parameter generation: the ``User/passwordGeneration`` by whose password the token is obtained.
    /// - Returns: whether it is stored.
    func insertRefreshToken(_ token: RefreshToken, generation: Int64) async throws(StoreError) -> Bool

    /// Carries out what ``RefreshRotation/decide(_:presented:successor:)`` says.
    func rotateRefreshToken(_ attempt: RefreshAttempt) async throws(StoreError) -> RefreshOutcome

    func refreshToken(_ jti: String) async throws(StoreError) -> RefreshToken?

    /// The live tokens of a user, oldest first.
    func liveRefreshTokens(of user: UserID, at now: Timestamp) async throws(StoreError) -> [RefreshToken]

    /// All tokens of a user, spent and revoked ones too, in the order of their jtis' bytes; at most `limit`, after `jti` where one is given.
    func refreshTokens(of user: UserID, after jti: String?, limit: Int) async throws(StoreError) -> [RefreshToken]

    /// - Returns: whether there was a live token of that jti.
    func revokeRefreshToken(_ jti: String, at now: Timestamp) async throws(StoreError) -> Bool

    func revokeRefreshChain(_ chain: String, at now: Timestamp) async throws(StoreError)

    /// Forgets tokens that expired before `now`. A spent token stays until its own expiry: until then its reuse must be
    /// noticed.
    func sweepRefreshTokens(at now: Timestamp) async throws(StoreError)
}

/// The rule that every store's atomic step follows.
public enum RefreshRotation {
    /// What a store does about an attempt.
    public enum Decision: Hashable, Sendable {
        /// Insert `successor` and store `spent` over the presented token. `replaced`, where given, is an unused successor of
        /// an earlier exchange: revoke it.
        case rotate(spent: RefreshToken, successor: RefreshToken, replaced: String?)
        case refuse
        case revokeChain(String)
    }

    /// - Parameters:
    ///   - presented: the stored token with the attempt's jti, if any.
    ///   - successor: the stored token that `presented` was rotated into, if any.
    public static func decide(
        _ attempt: RefreshAttempt,
        presented: RefreshToken?,
        successor: RefreshToken?
    ) -> Decision {
        guard let presented, ConstantTime.areEqual(presented.secretHash, attempt.secretHash),
            presented.revokedAt == nil, attempt.now < presented.expiresAt
        else { return .refuse }
        guard let rotatedAt = presented.rotatedAt else {
            return self.rotate(attempt, presented, replaced: nil)
        }
        // Without grace the clock is not asked: an attempt may have begun before the exchange that overtook it.
        guard attempt.reuseGraceSeconds > 0, self.isWithin(attempt.reuseGraceSeconds, rotatedAt, attempt.now),
            let successor, successor.isLive(at: attempt.now)
        else {
            return .revokeChain(presented.chain)
        }
        return self.rotate(attempt, presented, replaced: successor.jti)
    }

    /// In both directions: attempts overtake each other, relays' clocks differ, and a clock that was set back must not make the grace
    /// longer by as much.
    private static func isWithin(_ seconds: Int64, _ one: Timestamp, _ other: Timestamp) -> Bool {
        one < other.adding(seconds: seconds) && other < one.adding(seconds: seconds)
    }

    private static func rotate(
        _ attempt: RefreshAttempt,
        _ presented: RefreshToken,
        replaced: String?
    ) -> Decision {
        var spent = presented
        spent.rotatedAt = presented.rotatedAt ?? attempt.now
        spent.lastUsedAt = attempt.now
        spent.successor = attempt.successorJTI
        let successor = RefreshToken(
            jti: attempt.successorJTI,
            user: presented.user,
            chain: presented.chain,
            secretHash: attempt.successorSecretHash,
            issuedAt: attempt.now,
            expiresAt: attempt.successorExpiresAt,
            clientHint: presented.clientHint
        )
        return .rotate(spent: spent, successor: successor, replaced: replaced)
    }
}

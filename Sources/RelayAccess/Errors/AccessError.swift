public import RelayCore

/// Why the access floor said no. What a client sees of it (status, text, header) is in `AccessError+wire.swift`.
public struct AccessError: Error, Hashable, CustomStringConvertible {
    /// What stands against it.
    public enum Code: Hashable, Sendable {
        /// No bearer token was given.
        case notAuthenticated
        /// Bad form, bad signature, expired, or not yet valid.
        case invalidToken
        case tokenRevoked
        /// The token names a key, and no proof of it came with the request.
        case proofRequired
        /// What came is no proof for this request, or was used before.
        case proofInvalid
        /// The token is good, its user is gone.
        case userNotFound
        case userInactive
        /// The token is a ticket, and only an account may do this.
        case accountRequired
        /// The token is limited to some topics, and this is none of what it opens.
        case limitedToken
        /// The user has as many service tokens as may be.
        case tooManyServiceTokens(Int)
        /// The caller has no service token of that id.
        case noSuchServiceToken
        /// The user has as many webhooks as may be.
        case tooManyWebhooks(Int)
        /// The caller has no webhook of that id.
        case noSuchWebhook
        /// One of `read`, `write`, `admin`.
        case permissionRequired(Permissions)
        /// At login: unknown user, wrong password, or a user without a password. Never told apart.
        case wrongCredentials
        /// At login, after the password was found right.
        case accountInactive
        /// Of who changes its own: it is not the old one, or the user has none.
        case wrongPassword
        /// The user has another password than the one that this was decided by: somebody has set it meanwhile.
        case passwordChanged
        /// Unknown, expired, revoked, already used, or with a wrong secret. Never told apart.
        case invalidRefreshToken
        /// At refresh: the token is good, its user is gone or inactive.
        case refreshUserNotFound
        case malformedRefreshToken
        /// No live refresh token of the caller has that jti.
        case sessionNotFound
        case usernameTaken(String)
        /// At a sign-in elsewhere: the name that the provider gives belongs to a user of the relay's own.
        case localAccount
        case noSuchUser(UserID)
        case ownDeletion
        /// At least one issue.
        case invalidFields([FieldIssue])
        /// - Parameter retryAfterSeconds: at least 1.
        case rateLimited(RateLimit, retryAfterSeconds: Int64)
        /// A bounded queue is full. Nothing was done; the same request may succeed later.
        case overloaded
        /// The store or the hasher can't serve. See ``StoreError`` for whether something was changed.
        case unavailable
    }

    public let code: Code
    /// For logs, never for clients. Holds no secret.
    public let cause: String?
    /// Whether it is `unavailable` since one stored record can't be read back: others can be.
    public let isUnreadable: Bool

    public init(_ code: Code, cause: String? = nil) {
        self.code = code
        self.cause = cause
        self.isUnreadable = false
    }

    /// A store's failure: `unavailable`.
    public init(_ error: StoreError) {
        self.code = .unavailable
        self.cause = error.description
        self.isUnreadable = error.code == .corrupt
    }

    /// Runs a store call; its failure becomes `unavailable`.
    static func fromStore<Value>(
        _ call: () async throws(StoreError) -> Value
    ) async throws(AccessError) -> Value {
        do {
            return try await call()
        } catch {
            throw AccessError(error)
        }
    }

    /// For logs: with the cause.
    public var description: String {
        guard let cause = self.cause else { return self.detail }
        return "\(self.detail) (\(cause))"
    }
}

/// One field of a request that breaks a rule.
public struct FieldIssue: Hashable, Sendable {
    /// The field's name in the request body.
    public let field: String
    /// What kind of rule it breaks: `string_too_short`, `string_too_long`, `enum`.
    public let type: String
    /// For the client.
    public let message: String

    public init(field: String, type: String, message: String) {
        self.field = field
        self.type = type
        self.message = message
    }
}

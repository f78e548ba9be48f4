import RelayCore

/// What clients see of a refusal: the same on every edge.
extension AccessError {
    /// The HTTP status.
    public var status: Int {
        switch self.code {
        case .notAuthenticated, .invalidToken, .tokenRevoked, .proofRequired, .proofInvalid, .userNotFound,
            .wrongCredentials, .invalidRefreshToken, .refreshUserNotFound:
            401
        case .userInactive, .accountRequired, .limitedToken, .permissionRequired, .accountInactive, .wrongPassword: 403
        case .malformedRefreshToken, .usernameTaken, .ownDeletion: 400
        case .sessionNotFound, .noSuchUser, .noSuchServiceToken, .noSuchWebhook: 404
        case .tooManyServiceTokens, .localAccount, .tooManyWebhooks, .passwordChanged: 409
        case .invalidFields: 422
        case .rateLimited: 429
        case .overloaded, .unavailable: 503
        }
    }

    /// The value of `WWW-Authenticate`, which goes with every 401, as RFC 9110 (15.5.2) asks; RFC 9449 (7.1) says what of a proof.
    public var challenge: String? {
        switch self.code {
        case .proofRequired: #"DPoP algs="EdDSA""#
        case .proofInvalid: #"DPoP error="invalid_dpop_proof", algs="EdDSA""#
        default: self.status == 401 ? "Bearer" : nil
        }
    }

    /// The value of `Retry-After`, where one goes with the answer.
    public var retryAfterSeconds: Int64? {
        guard case .rateLimited(_, let seconds) = self.code else { return nil }
        return seconds
    }

    /// Not empty only for status 422, whose `detail` is a list of these instead of a text.
    public var issues: [FieldIssue] {
        guard case .invalidFields(let issues) = self.code else { return [] }
        return issues
    }

    /// The text of `detail`. Clients compare these texts: they don't change.
    public var detail: String {
        switch self.code {
        case .notAuthenticated: "Not authenticated"
        case .invalidToken: "Invalid or expired token"
        case .tokenRevoked: "Token has been revoked"
        case .proofRequired: "A proof of the ticket's key is required"
        case .proofInvalid: "The proof of the ticket's key is not valid"
        case .userNotFound: "User not found"
        case .userInactive: "User is inactive"
        case .accountRequired: "An account's token is required"
        case .limitedToken: "A token limited to topics opens WebSockets, event streams and polls of these alone"
        case .tooManyServiceTokens(let most): "A user may have \(most) service tokens: revoke some, or let them expire"
        case .noSuchServiceToken: "Service token not found"
        case .tooManyWebhooks(let most): "A user may have \(most) webhooks: delete some"
        case .noSuchWebhook: "Webhook not found"
        case .permissionRequired(let permission): "Permission '\(permission.names.joined(separator: ", "))' required"
        case .wrongCredentials: "Incorrect username or password"
        case .wrongPassword: "The old password is not right"
        case .passwordChanged: "The password has been changed meanwhile"
        case .accountInactive: "User account is inactive"
        case .invalidRefreshToken: "invalid refresh token"
        case .refreshUserNotFound: "user not found"
        case .malformedRefreshToken: "malformed refresh token"
        case .sessionNotFound: "session not found"
        case .usernameTaken(let username): "Username '\(username)' already exists"
        case .localAccount: "An account of this relay has that name already, and can't be signed in to by a provider"
        case .noSuchUser(let id): "User with ID '\(id)' not found"
        case .ownDeletion: "Cannot delete your own user account"
        case .invalidFields(let issues): issues.map { "\($0.field): \($0.message)" }.joined(separator: "; ")
        case .rateLimited(let limit, _): "Rate limit exceeded: \(limit)"
        case .overloaded: "Server is overloaded, try again later"
        case .unavailable: "Service temporarily unavailable"
        }
    }
}

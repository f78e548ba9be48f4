import RelayWire

/// What to do about tokens before a request.
enum RenewalPlan: Hashable {
    /// Good enough: send it.
    case use(Tokens)
    /// Exchange the refresh token; where the relay refuses it and a password is known, log in.
    case refresh(String)
    case logIn
    /// Nothing is left to try: a person must log in.
    case giveUp

    /// A token with less life than this left is renewed first: a long poll lasts up to 60 s, clocks differ.
    static let minimumRemainingSeconds: Int64 = 300

    /// - Parameter rejected: an access token that the relay answered 401 to, if any.
    static func decide(tokens: Tokens?, rejected: String?, hasPassword: Bool, now: Timestamp) -> RenewalPlan {
        guard let tokens else { return hasPassword ? .logIn : .giveUp }
        let isRejected = tokens.accessToken == rejected
        if !isRejected, now.adding(seconds: self.minimumRemainingSeconds) <= tokens.expiresAt { return .use(tokens) }
        if let refreshToken = tokens.refreshToken { return .refresh(refreshToken) }
        if hasPassword { return .logIn }
        return isRejected || tokens.expiresAt <= now ? .giveUp : .use(tokens)
    }
}

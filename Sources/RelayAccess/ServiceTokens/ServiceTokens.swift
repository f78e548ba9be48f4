public import RelayCore
import RelayWire

/// Tokens that a user hands to others, say a back end to the pages of its site: each acts for that user, on some topics, for a time.
///
/// What a token may do is what its user may do at that moment, within the scope that the token says. So nothing that it opens is new, and
/// it ends with its user, and with the password by which it was obtained. That the names in a scope are such as topics have, and its user's
/// to hand on, is the edge's question, asked before.
public struct ServiceTokens: Sendable {
    /// A token as it is handed out, with what is kept of it.
    public struct Issued: Sendable, CustomStringConvertible {
        /// The token itself. It exists nowhere else.
        public let text: String
        /// What is kept of it.
        public let token: ServiceToken
        /// Seconds from now until it ends.
        public let expiresIn: Int64

        /// Without the token: it is a secret.
        public var description: String { "Issued(id: \(self.token.id))" }
    }

    /// Seconds that a token lives where nobody says how long, and at most.
    public struct Lifetimes: Hashable, Sendable {
        /// Where nobody says how long.
        public var usual: Int64 = 3_600
        /// The longest life that may be asked for.
        public var most: Int64 = 30 * 86_400

        public init() {}
    }

    let tokens: AccessTokens
    let store: any ServiceTokenStore
    let logout: Logout
    let settings: Adjustable<GrantSettings>
    let now: TimeSource

    /// Seconds that a token may live at most, as it is set now.
    public var longestLife: Int64 { self.settings.current.serviceTokens.most }

    /// Issues a token for the user of `session`.
    ///
    /// - Throws: `limitedToken` where the session is of a token that is limited itself, of a ticket, or of another issuer's token;
    ///   `permissionRequired` for what the user may not do, `invalidFields` for a life that is too long, `tooManyServiceTokens`, what stands
    ///   against the session, or `unavailable`.
    public func issue(_ draft: ServiceTokenDraft, for session: Session) async throws(AccessError) -> Issued {
        let now = self.now()
        let user = try session.principal(at: now, requiring: draft.scope.permissions)
        // Who holds a ticket, or a token of another issuer, has given no password: nobody makes more of these than they are.
        guard user.reach == nil, let generation = session.generation else { throw AccessError(.limitedToken) }
        let lifetimes = self.settings.current.serviceTokens
        let seconds = draft.lifetime ?? min(lifetimes.usual, lifetimes.most)
        guard (1...lifetimes.most).contains(seconds) else { throw Self.badLifetime(lifetimes.most) }
        let issued = try self.tokens.issue(
            draft.scope,
            for: user,
            generation: generation,
            lifetime: seconds,
            at: now
        )
        let token = ServiceToken(
            id: issued.jti,
            user: user.id,
            label: draft.label,
            scope: draft.scope,
            createdAt: now,
            expiresAt: issued.expiresAt
        )
        try await self.insert(token, generation: generation, at: now)
        return Issued(text: issued.text, token: token, expiresIn: seconds)
    }

    /// Where there is no room, what has expired makes some.
    private func insert(_ token: ServiceToken, generation: Int64, at now: Timestamp) async throws(AccessError) {
        let most = self.settings.current.maxServiceTokensPerUser
        let insertion = try await AccessError.fromStore { () throws(StoreError) in
            let first = try await self.store.insertServiceToken(token, generation: generation, most: most)
            guard first == .full else { return first }
            try await self.store.sweepServiceTokens(at: now)
            return try await self.store.insertServiceToken(token, generation: generation, most: most)
        }
        switch insertion {
        case .stored: break
        case .full: throw AccessError(.tooManyServiceTokens(most))
        case .outdated: throw AccessError(.tokenRevoked)
        }
    }

    private static func badLifetime(_ most: Int64) -> AccessError {
        let message = "Input should be an integer of 1 to \(most)"
        return AccessError(.invalidFields([FieldIssue(field: "expires_in", type: "value_error", message: message)]))
    }

    /// A page of the tokens that were issued and not revoked, oldest first. Some may have expired.
    ///
    /// - Parameter user: whose; nil for everybody's.
    public func list(
        of user: UserID?,
        after place: ServiceTokenPlace?,
        limit: Int
    ) async throws(AccessError) -> [ServiceToken] {
        try await AccessError.fromStore { () throws(StoreError) in
            try await self.store.serviceTokens(of: user, after: place, limit: limit)
        }
    }

    /// Ends a token, also on connections that are open with it.
    ///
    /// - Throws: `noSuchServiceToken` also where it is another user's and `caller` is no administrator; `unavailable`.
    @discardableResult
    public func revoke(_ id: String, by caller: Principal) async throws(AccessError) -> ServiceToken {
        let found = try await AccessError.fromStore { () throws(StoreError) in try await self.store.serviceToken(id) }
        guard let token = found, token.user == caller.id || caller.isAdmin else {
            throw AccessError(.noSuchServiceToken)
        }
        // Denied first: a token that is in no list any more must not be good.
        try await self.logout.end(token.id, of: token.user, until: token.expiresAt)
        _ = try await AccessError.fromStore { () throws(StoreError) in
            try await self.store.removeServiceToken(token.id)
        }
        return token
    }
}

public import RelayCore
public import RelayWire
import Synchronization

/// What the verified-token cache knows of a token.
public enum CachedAuthentication: Sendable {
    case session(Session)
    case refused(AccessError)
}

/// Turns tokens into sessions.
///
/// Edges ask ``cached(_:at:)`` first, on their event loop; on nil they call ``authenticate(_:at:)``. Only tokens with a
/// good signature are ever remembered, so strangers can't fill the cache.
public final class Authenticator: Sendable {
    private let tokens: AccessTokens
    private let denyList: any DenyListStore
    private let accounts: AccountDirectory
    /// Locked for one lookup at a time; sessions are asked after it is released.
    private let sessions: Mutex<SessionTable>
    private let observers = AccessObservers()
    /// Set once, before the relay serves.
    private let ticketReader = Mutex<(any TicketReader)?>(nil)
    private let ticketAccounts = TicketAccounts()
    private let foreignTokenReader = Mutex<(any ForeignTokenReader)?>(nil)

    /// - Parameter cacheCapacity: tokens remembered at most, about 0.5 KB each.
    public init(
        tokens: AccessTokens,
        denyList: any DenyListStore,
        accounts: AccountDirectory,
        cacheCapacity: Int = 16_384
    ) {
        self.tokens = tokens
        self.denyList = denyList
        self.accounts = accounts
        self.sessions = Mutex(SessionTable(capacity: cacheCapacity))
    }

    /// - Parameter token: a bare token.
    /// - Returns: nil where the token isn't known (or its user can't be judged right now): authenticate it.
    public func cached(_ token: String, at now: Timestamp) -> CachedAuthentication? {
        self.known(token, at: now)
    }

    /// - Parameter header: the value of the `Authorization` header.
    /// - Returns: as ``cached(_:at:)``. The usual form, `Bearer <token>`, is found without taking the value apart.
    public func cached(authorization header: String, at now: Timestamp) -> CachedAuthentication? {
        let isUsual = header.utf8.starts(with: BearerToken.usualPrefix.utf8)
        if isUsual, let known = self.known(header, at: now) { return known }
        guard let token = BearerToken.token(inAuthorization: header) else {
            return .refused(AccessError(.notAuthenticated))
        }
        // A usual header that isn't known as a whole becomes so by being authenticated.
        return isUsual && header == BearerToken.usualPrefix + token ? nil : self.known(token, at: now)
    }

    /// Verifies a token that the cache doesn't know, and remembers it.
    ///
    /// Throws what stands against it, or `overloaded` or `unavailable` where that can't be found out.
    public func authenticate(_ token: String, at now: Timestamp) async throws(AccessError) -> Session {
        let session = try await self.rememberedSession(for: token, as: token, at: now)
        _ = try session.principal(at: now)
        return session
    }

    /// - Parameter header: the value of the `Authorization` header.
    public func authenticate(authorization header: String, at now: Timestamp) async throws(AccessError) -> Session {
        guard let token = BearerToken.token(inAuthorization: header) else { throw AccessError(.notAuthenticated) }
        let usual = BearerToken.usualPrefix + token
        let text = header == usual ? usual : token
        let session = try await self.rememberedSession(for: token, as: text, at: now)
        _ = try session.principal(at: now)
        return session
    }

    private func known(_ text: String, at now: Timestamp) -> CachedAuthentication? {
        guard let session = self.sessions.withLock({ $0.cached(text) }) else { return nil }
        switch session.state(at: now) {
        case .live: return .session(session)
        case .refused(let error): return error.code == .unavailable || session.isAhead ? nil : .refused(error)
        }
    }

    /// A token that was read by issuers who have changed meanwhile is read anew, by those of now.
    private func rememberedSession(
        for token: String,
        as text: String,
        at now: Timestamp
    ) async throws(AccessError) -> Session {
        let session = try await self.verifiedSession(for: token, at: now)
        if self.remember(session, as: text) { return session }
        let anew = try await self.verifiedSession(for: token, at: now)
        guard self.remember(anew, as: text) else {
            throw AccessError(.unavailable, cause: "token issuers change again and again")
        }
        return anew
    }

    /// The session exists before the deny list is asked. A logout that the answer doesn't show yet finds the session here and marks it. So
    /// the two can't miss each other.
    private func verifiedSession(for token: String, at now: Timestamp) async throws(AccessError) -> Session {
        let claims: AccessClaims
        do throws(AccessError) {
            claims = try self.tokens.verify(token, at: now)
        } catch {
            if let session = try await self.ticketSession(for: token) { return session }
            guard let session = try await self.foreignSession(for: token, at: now) else { throw error }
            return session
        }
        guard let account = try await self.accounts.account(claims.user) else { throw AccessError(.userNotFound) }
        // This relay gave it out, or another that shares the secret: the user has a new password, of which nobody told yet.
        if account.generation < claims.generation { await self.invalidate(user: claims.user) }
        guard let session = self.sessions.withLock({ $0.session(for: claims, of: account) }) else {
            throw AccessError(.invalidToken, cause: "two tokens with one jti")
        }
        if let jti = session.jti, try await self.isDenied(jti, at: now) {
            session.revoke()
        }
        return session
    }

    /// The account of a user for whom the relay acts by itself. It shows every change for as long as it is kept.
    ///
    /// - Returns: nil where there is no such user.
    /// - Throws: `overloaded`, or `unavailable`.
    public func account(of user: UserID) async throws(AccessError) -> Account? {
        try await self.accounts.account(user)
    }

    /// Takes tickets for bearer tokens too. To be called once, before the relay serves.
    public func takeTickets(readBy reader: any TicketReader) {
        self.ticketReader.withLock { $0 = reader }
    }

    /// Takes tokens of other issuers for bearer tokens too. Those that are known are read anew; what they have opened goes on, as long as they
    /// live at most.
    ///
    /// - Parameter reader: nil for none.
    public func takeForeignTokens(readBy reader: (any ForeignTokenReader)?) {
        self.foreignTokenReader.withLock { $0 = reader }
        // Dropped after the lock.
        _ = self.sessions.withLock { $0.forgetForeign() }
    }

    /// Sees to it that who shows a token has the key that the token names. To be asked once for each request, and only of a session that has
    /// a key.
    public func prove(_ session: Session, by request: ProvenRequest) async throws(AccessError) {
        guard let key = session.key else { return }
        guard !request.proofs.isEmpty else { throw AccessError(.proofRequired) }
        guard request.proofs.count == 1, request.token != nil, let reader = self.ticketReader.withLock({ $0 }) else {
            throw AccessError(.proofInvalid)
        }
        try await reader.take(request.proofs[0], for: request, by: key)
    }

    /// - Returns: nil for what is no ticket.
    private func ticketSession(for token: String) async throws(AccessError) -> Session? {
        guard let reader = self.ticketReader.withLock({ $0 }), let holder = try await reader.holder(of: token),
            let ticket = holder.peer.ticket
        else { return nil }
        guard let user = holder.account else {
            return Session(account: self.ticketAccounts.account(of: holder.peer, ticket), holder: holder)
        }
        guard let account = try await self.accounts.account(user) else { throw AccessError(.userNotFound) }
        return Session(account: account, holder: holder)
    }

    /// - Returns: nil for what is no token of an issuer that the relay believes.
    private func foreignSession(for token: String, at now: Timestamp) async throws(AccessError) -> Session? {
        // Before the reader is taken, which is replaced before the epoch ends.
        let epoch = self.sessions.withLock { $0.issuersEpoch }
        guard let reader = self.foreignTokenReader.withLock({ $0 }),
            let person = try await reader.holder(of: token, at: now)
        else { return nil }
        guard let account = try await self.accounts.account(person.user) else { throw AccessError(.userNotFound) }
        return Session(account: account, person: person, issuersEpoch: epoch)
    }

    private func isDenied(_ jti: String, at now: Timestamp) async throws(AccessError) -> Bool {
        try await AccessError.fromStore { () throws(StoreError) in try await self.denyList.isTokenDenied(jti, at: now) }
    }

    /// - Returns: false where its token was read by issuers of before.
    private func remember(_ session: Session, as text: String) -> Bool {
        // What is forgotten for it is dropped here, after the lock.
        let forgotten = self.sessions.withLock { $0.remember(session, as: text) }
        return forgotten != nil
    }
}

// MARK: - Changes

extension Authenticator {
    /// Calls `observer` for every change from now on, after the sessions show it, on whichever thread made it. It must
    /// not block.
    public func observe(_ observer: @escaping @Sendable (AccessChange) -> Void) {
        self.observers.add(observer)
    }

    /// Shows a change of the user that the store already holds, made here or on another relay.
    ///
    /// When it returns, no session of the user shows the state before, and observers were told. Where the store could not
    /// be read, all of the user's sessions are refused with `unavailable` until a token of theirs is authenticated again.
    public func invalidate(user: UserID) async {
        await self.accounts.userChanged(user)
        self.observers.notify(.userChanged(user))
    }

    /// Shows that a token was logged out, here or on another relay, once the deny list holds it.
    public func invalidate(token jti: String, of user: UserID) {
        self.sessions.withLock { $0.liveSession(jti) }?.revoke()
        self.observers.notify(.tokenRevoked(jti: jti, user))
    }

    /// Reads again whatever may have changed while announcements were lost, and tells observers of every user in use.
    ///
    /// A failing store throws `unavailable`; call it again then. What can't be read stays as it was. So nobody is turned away because a
    /// store is down for a while, and one user's broken record holds up no other user's change.
    public func resynchronize(at now: Timestamp) async throws(AccessError) {
        // No token has this name: the answer only shows that the store can be read.
        _ = try await self.isDenied("", at: now)
        var failure: AccessError?
        for user in self.accounts.liveUsers {
            do throws(AccessError) {
                try await self.accounts.userMayHaveChanged(user)
                self.observers.notify(.userChanged(user))
            } catch {
                failure = error
            }
        }
        for jti in self.sessions.withLock({ $0.liveJTIs }) {
            guard let session = self.sessions.withLock({ $0.liveSession(jti) }), !session.isRevoked else { continue }
            guard try await self.isDenied(jti, at: now) else { continue }
            self.invalidate(token: jti, of: session.account.id)
        }
        if let failure { throw failure }
    }
}

import RelayCore
import RelayWire

/// How people who sign in elsewhere are waited for.
public struct SignInSettings: Hashable, Sendable {
    /// How long somebody may take at the provider.
    public var lifeSeconds: Int64 = 600
    /// Sign-ins under way at a time, everywhere together; and as many whose end somebody still has to take. At least 1.
    public var maxWaiting = 10_000

    public init() {}
}

/// A sign-in that has begun, and is bound to one provider and one browser.
public struct SignInAttempt: Hashable, Sendable {
    /// The provider's name in the configuration.
    public var provider: String
    /// The path of the relay's to which the browser goes afterwards; nil where it gets a token as the answer.
    public var next: String?
    /// The code of the device that is to be let in; nil for none.
    public var userCode: UserCode?
    /// Where the browser has found the relay: the provider is told the same place twice.
    public var origin: String

    public init(provider: String, next: String? = nil, userCode: UserCode? = nil, origin: String) {
        self.provider = provider
        self.next = next
        self.userCode = userCode
        self.origin = origin
    }
}

/// What a step of a sign-in gives to its browser: a text that comes back by a URL or a form, and one that comes back as a cookie.
public struct SignInStep: Sendable, CustomStringConvertible {
    /// Unguessable, and good once.
    public let ticket: String
    public let secret: SignInSecret

    /// The name of its cookie: another for each step, so that sign-ins in two windows don't meet.
    public var cookieName: String { Self.cookieName(of: self.ticket) }

    /// - Parameter ticket: as it came back; need be none.
    public static func cookieName(of ticket: String) -> String {
        "pulsar_sign_in_\(SignInSecret.digest(of: ticket).prefix(16))"
    }

    /// Without what is secret of it.
    public var description: String { "SignInStep(\(self.cookieName))" }
}

/// What people who sign in elsewhere have begun. It waits in the store, so each step may come to another relay.
///
/// A step is taken once, whether it ends well or not, and only by the browser that it was given to.
public struct SignIns: Sendable {
    private static let ticketBytes = 32
    /// More than any text that a relay gives out.
    private static let longestTicket = 256
    /// How long a browser that comes back has for its last request.
    private static let handoverSeconds: Int64 = 60

    public var settings: SignInSettings { self.grants.settings.current.signIns }
    private let store: any PendingStore & UserStore
    private let grants: TokenGrants
    private let now: TimeSource

    private struct Stored: Codable {
        var cookie: String
        var provider: String?
        var next: String?
        var code: String?
        var origin: String?
        var user: String?
        var generation: Int64?
    }

    init(
        store: any PendingStore & UserStore,
        grants: TokenGrants,
        now: @escaping TimeSource
    ) {
        self.store = store
        self.grants = grants
        self.now = now
    }

    // MARK: At the provider

    /// Begins a sign-in: the step's ticket is the `state` that the provider gives back.
    ///
    /// Throws `overloaded` where as many are under way as may be; `unavailable`.
    public func begin(_ attempt: SignInAttempt) async throws(AccessError) -> SignInStep {
        let secret = SignInSecret()
        let stored = Stored(
            cookie: secret.digest,
            provider: attempt.provider,
            next: attempt.next,
            code: attempt.userCode?.letters,
            origin: attempt.origin
        )
        return try await self.insert(.signIn, stored, secret, lives: self.settings.lifeSeconds)
    }

    /// Ends a sign-in that a browser comes back from.
    ///
    /// - Parameters:
    ///   - ticket: the `state` that it brings.
    ///   - cookies: the value of the browser's cookie of a name.
    /// - Returns: nil where none waits by that ticket, or it is another browser's: it is gone then, too.
    public func finish(
        _ ticket: String,
        cookies: (String) -> String?
    ) async throws(AccessError) -> (attempt: SignInAttempt, secret: SignInSecret)? {
        guard let (stored, secret) = try await self.take(.signIn, ticket, cookies), let provider = stored.provider
        else {
            return nil
        }
        let attempt = SignInAttempt(
            provider: provider,
            next: stored.next,
            userCode: stored.code.flatMap { UserCode($0) },
            origin: stored.origin ?? ""
        )
        return (attempt, secret)
    }

    // MARK: Afterwards

    /// Lets a browser say, as `user`, whether a device may come in: the step's ticket is in the form that asks.
    public func ask(_ user: User, about userCode: UserCode) async throws(AccessError) -> SignInStep {
        try await self.insert(.approval, user, userCode, lives: self.settings.lifeSeconds)
    }

    /// Lets a browser fetch the tokens of `user`: the step's ticket is in the fragment of the address to which it goes.
    public func handOver(_ user: User) async throws(AccessError) -> SignInStep {
        try await self.insert(.handover, user, nil, lives: Self.handoverSeconds)
    }

    /// Who says that a device may come in.
    ///
    /// - Returns: nil where the ticket or the cookie is none, and where the user may not act any more.
    public func approval(
        _ ticket: String,
        cookies: (String) -> String?
    ) async throws(AccessError) -> (user: User, userCode: UserCode)? {
        guard let (stored, _) = try await self.take(.approval, ticket, cookies),
            let code = stored.code.flatMap({ UserCode($0) }), let user = try await self.user(stored)
        else { return nil }
        return (user, code)
    }

    /// The tokens that a browser was promised.
    ///
    /// - Returns: nil where the ticket or the cookie is none, and where the user may not act any more.
    public func redeem(_ ticket: String, cookies: (String) -> String?) async throws(AccessError) -> TokenPair? {
        guard let (stored, _) = try await self.take(.handover, ticket, cookies), let user = try await self.user(stored)
        else { return nil }
        return try await self.grants.begin(for: user, hint: "oidc-login", at: self.now())
    }

    /// A token of `user` for one who can keep none for longer than it lives.
    public func accessToken(for user: User) throws(AccessError) -> AccessTokens.Issued {
        try self.grants.tokens.issue(for: user.principal, generation: user.passwordGeneration, at: self.now())
    }

    private func user(_ stored: Stored) async throws(AccessError) -> User? {
        guard let id = stored.user else { return nil }
        let user = try await AccessError.fromStore { () throws(StoreError) in try await self.store.user(UserID(id)) }
        guard let user, user.isActive, user.passwordGeneration == stored.generation else { return nil }
        return user
    }

    // MARK: What waits

    private func insert(
        _ kind: PendingRecord.Kind,
        _ user: User,
        _ userCode: UserCode?,
        lives seconds: Int64
    ) async throws(AccessError) -> SignInStep {
        let secret = SignInSecret()
        let stored = Stored(
            cookie: secret.digest,
            code: userCode?.letters,
            user: user.id.rawValue,
            generation: user.passwordGeneration
        )
        return try await self.insert(kind, stored, secret, lives: seconds)
    }

    private func insert(
        _ kind: PendingRecord.Kind,
        _ stored: Stored,
        _ secret: SignInSecret,
        lives seconds: Int64
    ) async throws(AccessError) -> SignInStep {
        let ticket = Base64URL.encode(SecureRandom.bytes(Self.ticketBytes))
        let now = self.now()
        let record = PendingRecord(
            kind: kind,
            id: SignInSecret.digest(of: ticket),
            value: StoredJSON.bytes(stored),
            expiresAt: now.adding(seconds: seconds)
        )
        let insertion = try await AccessError.fromStore { () throws(StoreError) in
            try await self.store.insertPending(record, at: now, limit: max(1, self.settings.maxWaiting))
        }
        guard insertion == .stored else { throw AccessError(.overloaded, cause: "too many sign-ins are under way") }
        return SignInStep(ticket: ticket, secret: secret)
    }

    private func take(
        _ kind: PendingRecord.Kind,
        _ ticket: String,
        _ cookies: (String) -> String?
    ) async throws(AccessError) -> (Stored, SignInSecret)? {
        guard ticket.utf8.count <= Self.longestTicket else { return nil }
        let id = SignInSecret.digest(of: ticket)
        let record = try await AccessError.fromStore { () throws(StoreError) -> PendingRecord? in
            guard let record = try await self.store.pending(kind, .id(id), at: self.now()) else { return nil }
            return try await self.store.takePending(record) ? record : nil
        }
        guard let record, let stored = StoredJSON.value(Stored.self, from: record.value),
            let cookie = cookies(SignInStep.cookieName(of: ticket)), cookie.utf8.count <= Self.longestTicket
        else { return nil }
        let secret = SignInSecret(cookie)
        guard ConstantTime.areEqual(Array(secret.digest.utf8), Array(stored.cookie.utf8)) else { return nil }
        return (stored, secret)
    }
}

import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire
import Synchronization

/// Where a client may put its token.
enum TokenPlace {
    case header
    /// For browsers, whose WebSocket and EventSource can't set headers: also the subprotocol and the query, in this order.
    case headerSubprotocolOrQuery
}

/// Finds out who sent a request, and whether it may be sent.
///
/// Service tokens open only what says that it takes them, by `takingLimited`: an edge that knows nothing of them is closed to them.
///
/// A token that was seen before costs a look-up and the request goes on at once; a new one is verified in the task lane.
final class RequestAccess: Sendable {
    private let authenticator: Authenticator
    private let rateLimiter: RateLimiter
    private let clock: RelayClock
    /// Whether connections that last take the token from the query.
    private let takesQueryToken: Atomic<Bool>

    init(authenticator: Authenticator, rateLimiter: RateLimiter, clock: RelayClock, acceptsQueryToken: Bool) {
        self.authenticator = authenticator
        self.rateLimiter = rateLimiter
        self.clock = clock
        self.takesQueryToken = Atomic(acceptsQueryToken)
    }

    private var acceptsQueryToken: Bool { self.takesQueryToken.load(ordering: .relaxed) }

    /// Whether the token may be in the query from now on.
    func change(acceptsQueryToken: Bool) { self.takesQueryToken.store(acceptsQueryToken, ordering: .relaxed) }

    // MARK: Requests

    /// Lets the body come of a request whose sender holds `permission` and keeps to its rate; answers with what is missing otherwise.
    func admitBody(
        _ exchange: Exchange,
        requiring permission: Permissions,
        counting rule: RateLimitRule? = nil,
        takingLimited: Bool = false
    ) {
        self.admit(exchange, requiring: permission, counting: rule, takingLimited: takingLimited) { exchange, _, _ in
            exchange.connection.admit(exchange)
        }
    }

    /// Goes on with who sent the request if it holds `permission` and keeps to its rate; answers with what is missing otherwise.
    ///
    /// The same is asked twice of a request with a body: when its head has come, and when it is complete. The second time the first answer
    /// holds, unless the body took its time: then the token and its user are looked at again.
    func admit(
        _ exchange: Exchange,
        requiring permission: Permissions,
        counting rule: RateLimitRule? = nil,
        takingLimited: Bool = false,
        then next: @escaping (Exchange, Session, Principal) -> Void
    ) {
        let wanted = Wanted(permission: permission, takesLimited: takingLimited)
        if let (session, principal) = exchange.admission {
            guard exchange.hasWaited else { return next(exchange, session, principal) }
            return self.admit(exchange, session, wanted, counting: nil, at: self.clock.now(), then: next)
        }
        let now = self.clock.now()
        if let session = self.knownSession(of: exchange, at: now) {
            exchange.known?.session = session
            guard session.key == nil else {
                return self.prove(exchange, session, .header) {
                    self.admit(exchange, session, wanted, counting: rule, at: now, then: next)
                }
            }
            return self.admit(exchange, session, wanted, counting: rule, at: now, then: next)
        }
        self.findSession(of: exchange, .header) { session in
            self.prove(exchange, session, .header) {
                self.admit(exchange, session, wanted, counting: rule, at: self.clock.now(), then: next)
            }
        }
    }

    /// What a request needs.
    private struct Wanted {
        let permission: Permissions
        let takesLimited: Bool
    }

    /// The session of the request's token, where it is known and good: that of the same head before it, or the cache's.
    private func knownSession(of exchange: Exchange, at now: Timestamp) -> Session? {
        if let session = exchange.known?.session, case .live = session.state(at: now) { return session }
        guard case .session(let session) = self.cachedSession(of: exchange, at: now) else { return nil }
        return session
    }

    private func admit(
        _ exchange: Exchange,
        _ session: Session,
        _ wanted: Wanted,
        counting rule: RateLimitRule?,
        at now: Timestamp,
        then next: (Exchange, Session, Principal) -> Void
    ) {
        do throws(AccessError) {
            guard session.scope == nil || wanted.takesLimited else { throw AccessError(.limitedToken) }
            let principal = try session.principal(at: now, requiring: wanted.permission)
            if let rule { try self.rateLimiter.check(rule, key: principal.id.rawValue, at: self.clock.uptime()) }
            exchange.admission = (session, principal)
            next(exchange, session, principal)
        } catch {
            exchange.answer(Reply(error))
        }
    }

    // MARK: Connections that last

    /// Goes on with the session of who wants a WebSocket or an event stream to read from, which a page's origin may not forbid.
    func admitReader(
        _ exchange: Exchange,
        takingLimited: Bool = false,
        then next: @escaping (Exchange, Session) -> Void
    ) {
        guard exchange.services.gate.mayConnect(exchange.head) else {
            return exchange.answer(Reply(.forbidden, detail: "Origin not allowed"))
        }
        self.findSession(of: exchange, .headerSubprotocolOrQuery) { session in
            do throws(AccessError) {
                guard session.scope == nil || takingLimited else { throw AccessError(.limitedToken) }
                _ = try session.principal(at: self.clock.now(), requiring: .read)
            } catch {
                return exchange.answer(Reply(error))
            }
            self.prove(exchange, session, .headerSubprotocolOrQuery) { next(exchange, session) }
        }
    }

    /// As ``admitReader(_:takingLimited:then:)``, but goes on without a session where the client shows no token.
    func admitAnybody(
        _ exchange: Exchange,
        takingLimited: Bool = false,
        then next: @escaping (Exchange, Session?) -> Void
    ) {
        if self.showsToken(exchange) {
            return self.admitReader(exchange, takingLimited: takingLimited) { next($0, $1) }
        }
        guard exchange.services.gate.mayConnect(exchange.head) else {
            return exchange.answer(Reply(.forbidden, detail: "Origin not allowed"))
        }
        next(exchange, nil)
    }

    /// Whether the client shows a token, or what should be one.
    private func showsToken(_ exchange: Exchange) -> Bool {
        exchange.facts.authorization != nil || WebSocketSubprotocols(exchange.head.headers).selected != nil
            || self.token(of: exchange, .headerSubprotocolOrQuery) != nil
    }

    /// The token that the client shows, wherever connections that last may show it; nil where it shows none.
    func shownToken(of exchange: Exchange) -> String? {
        exchange.facts.authorization.map { BearerToken.token(inAuthorization: $0) }
            ?? self.token(of: exchange, .headerSubprotocolOrQuery)
    }

    /// Goes on with the session of another token, which a conversation has brought, or with what is wrong with it. A key that the token names
    /// is not asked for: the conversation began with a proof of it.
    func findSession(
        _ token: String,
        for client: some Suspending,
        then body: @escaping (Result<Session, AccessError>) -> Void
    ) {
        let now = self.clock.now()
        switch self.authenticator.cached(token, at: now) {
        case .session(let session): body(.success(session))
        case .refused(let error): body(.failure(error))
        case nil: self.verify(token, at: now, for: client, body)
        }
    }

    // MARK: Keys

    /// Goes on once who sent the request has proved to have the key that its token names, or answers with what is wrong; at once where the
    /// token names none. A proof is taken once, so this is asked once for each request.
    private func prove(
        _ exchange: Exchange,
        _ session: Session,
        _ place: TokenPlace,
        then body: @escaping () -> Void
    ) {
        guard session.key != nil else { return body() }
        let request = ProvenRequest(
            method: exchange.head.method.rawValue,
            path: String(exchange.path),
            proofs: self.proofs(of: exchange, place),
            token: exchange.facts.authorization.map { BearerToken.token(inAuthorization: $0) }
                ?? self.token(of: exchange, place)
        )
        let authenticator = self.authenticator
        exchange.suspend { () -> AccessError? in
            do throws(AccessError) {
                try await authenticator.prove(session, by: request)
                return nil
            } catch {
                return error
            }
        } then: { (error: AccessError?) in
            if let error { return exchange.answer(Reply(error)) }
            body()
        }
    }

    /// Where tokens may come in the query, so may a browser's proof.
    private func proofs(of exchange: Exchange, _ place: TokenPlace) -> [String] {
        let sent = exchange.head.headers["dpop"]
        guard sent.isEmpty, place == .headerSubprotocolOrQuery, self.acceptsQueryToken else { return sent }
        return QueryItems(exchange.query).first("dpop").map { [$0] } ?? []
    }

    // MARK: Tokens

    /// The session of a token; nil for one that is no good.
    func session(of token: String) async -> Session? {
        try? await self.authenticator.authenticate(token, at: self.clock.now())
    }

    /// Goes on with the request's session, or answers with what is wrong with it.
    private func findSession(of exchange: Exchange, _ place: TokenPlace, then body: @escaping (Session) -> Void) {
        let now = self.clock.now()
        let finish = { (result: Result<Session, AccessError>) in
            switch result {
            case .success(let session): body(session)
            case .failure(let error): exchange.answer(Reply(error))
            }
        }
        switch self.cachedSession(of: exchange, at: now) {
        case .session(let session): return finish(.success(session))
        case .refused(let error): return finish(.failure(error))
        case nil: break
        }
        if let header = exchange.facts.authorization {
            self.verify(for: exchange, finish) { (authenticator) async throws(AccessError) in
                try await authenticator.authenticate(authorization: header, at: now)
            }
        } else if let token = self.token(of: exchange, place) {
            self.verify(token, at: now, for: exchange, finish)
        } else {
            finish(.failure(AccessError(.notAuthenticated)))
        }
    }

    private func verify(
        _ token: String,
        at now: Timestamp,
        for client: some Suspending,
        _ body: @escaping (Result<Session, AccessError>) -> Void
    ) {
        self.verify(for: client, body) { (authenticator) async throws(AccessError) in
            try await authenticator.authenticate(token, at: now)
        }
    }

    private func verify(
        for client: some Suspending,
        _ body: @escaping (Result<Session, AccessError>) -> Void,
        by authenticate: @escaping @Sendable (Authenticator) async throws(AccessError) -> Session
    ) {
        let authenticator = self.authenticator
        client.suspend {
            do throws(AccessError) {
                return .success(try await authenticate(authenticator))
            } catch {
                return .failure(error)
            }
        } then: { (result: Result<Session, AccessError>) in
            body(result)
        }
    }

    /// What is known of the token in the `Authorization` header; nil where it has to be verified, or there is none.
    private func cachedSession(of exchange: Exchange, at now: Timestamp) -> CachedAuthentication? {
        exchange.facts.authorization.flatMap { self.authenticator.cached(authorization: $0, at: now) }
    }

    /// A token elsewhere than in the `Authorization` header.
    private func token(of exchange: Exchange, _ place: TokenPlace) -> String? {
        switch place {
        case .header:
            return nil
        case .headerSubprotocolOrQuery:
            if let token = WebSocketSubprotocols(exchange.head.headers).bearerToken { return token }
            return self.acceptsQueryToken ? QueryItems(exchange.query).first("token") : nil
        }
    }
}

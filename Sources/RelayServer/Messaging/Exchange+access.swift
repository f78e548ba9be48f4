import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire

/// Where a client may put its token.
enum TokenPlace {
    case header
    /// For browsers, whose WebSocket and EventSource can't set headers: also the subprotocol and the query, in this order.
    case headerSubprotocolOrQuery
}

extension Exchange {
    /// Goes on with the request's session, or answers with what is wrong with it.
    ///
    /// A token that was seen before costs a look-up and goes on at once; a new one is verified in the task lane.
    func withSession(_ place: TokenPlace = .header, _ body: @escaping (Session) -> Void) {
        let now = self.services.broker.clock.now()
        let authenticator = self.services.authenticator
        switch self.cachedSession(at: now) {
        case .session(let session): return body(session)
        case .refused(let error): return self.refuse(error)
        case nil: break
        }
        if let header = self.facts.authorization {
            return self.verify(body) { () async throws(AccessError) in
                try await authenticator.authenticate(authorization: header, at: now)
            }
        }
        guard let token = self.token(place) else { return self.refuse(AccessError(.notAuthenticated)) }
        self.verify(body) { () async throws(AccessError) in
            try await authenticator.authenticate(token, at: now)
        }
    }

    private func verify(
        _ body: @escaping (Session) -> Void,
        _ authenticate: @escaping @Sendable () async throws(AccessError) -> Session
    ) {
        self.suspend {
            do throws(AccessError) {
                return .success(try await authenticate())
            } catch {
                return .failure(error)
            }
        } then: { (exchange: Exchange, result: Result<Session, AccessError>) in
            switch result {
            case .success(let session): body(session)
            case .failure(let error): exchange.refuse(error)
            }
        }
    }

    /// What is known of the token in the `Authorization` header; nil where it has to be verified, or there is none.
    private func cachedSession(at now: Timestamp) -> CachedAuthentication? {
        self.facts.authorization.flatMap { self.services.authenticator.cached(authorization: $0, at: now) }
    }

    /// Goes on with who sent the request if it holds `permission` and keeps to its rate; answers with what is missing otherwise.
    ///
    /// The same is asked twice of a request with a body: when its head has come, and when it is complete. The second time the first answer
    /// holds, unless the body took its time: then the token and its user are looked at again.
    func admit(
        requiring permission: Permissions,
        counting rule: RateLimitRule? = nil,
        then next: @escaping (Exchange, Session, Principal) -> Void
    ) {
        if let (session, principal) = self.admission {
            guard self.hasWaited else { return next(self, session, principal) }
            return self.admit(session, requiring: permission, counting: nil, then: next)
        }
        if case .session(let session) = self.cachedSession(at: self.services.broker.clock.now()) {
            return self.admit(session, requiring: permission, counting: rule, then: next)
        }
        self.withSession { self.admit($0, requiring: permission, counting: rule, then: next) }
    }

    private func admit(
        _ session: Session,
        requiring permission: Permissions,
        counting rule: RateLimitRule?,
        then next: (Exchange, Session, Principal) -> Void
    ) {
        do throws(AccessError) {
            let services = self.services
            let principal = try session.principal(at: services.broker.clock.now(), requiring: permission)
            if let rule {
                try services.rateLimiter.check(rule, key: principal.id.rawValue, at: services.broker.clock.uptime())
            }
            self.admission = (session, principal)
            next(self, session, principal)
        } catch {
            self.refuse(error)
        }
    }

    /// Does something that suspends, and goes on with its result on the loop, unless the peer has left meanwhile.
    func suspend<Value: Sendable>(
        _ work: @escaping @Sendable () async -> Value,
        then body: @escaping (Exchange, Value) -> Void
    ) {
        self.runInLane(work, then: body) { self.answer(.unavailable("Server is overloaded, try again later")) }
    }

    /// As ``suspend(_:then:)``, where something else than an answer is due if the lane is full.
    func runInLane<Value: Sendable>(
        _ work: @escaping @Sendable () async -> Value,
        then body: @escaping (Exchange, Value) -> Void,
        orElse refuse: () -> Void
    ) {
        guard let eventLoop = self.connection.context?.eventLoop else { return }
        let bound = NIOLoopBound((exchange: self, body: body), eventLoop: eventLoop)
        let isRunning = self.services.lane.run {
            let value = await work()
            eventLoop.execute {
                // For a peer that has left nothing may begin any more: nobody would ever end it.
                let (exchange, body) = bound.value
                if !exchange.isAnswered { body(exchange, value) }
            }
        }
        if !isRunning { refuse() }
    }

    func refuse(_ error: AccessError) {
        self.answer(Reply(error))
    }

    // MARK: Tokens

    /// A token elsewhere than in the `Authorization` header.
    private func token(_ place: TokenPlace) -> String? {
        switch place {
        case .header:
            return nil
        case .headerSubprotocolOrQuery:
            if let token = WebSocketSubprotocols(self.head.headers).bearerToken { return token }
            guard self.services.limits.acceptsQueryToken else { return nil }
            return QueryItems(self.query).first("token")
        }
    }
}

extension Reply {
    init(_ error: AccessError) {
        self.init(HTTPResponseStatus(statusCode: error.status), json: ErrorBody.access(error))
        if error.challengesBearer { self.headers.add(name: "www-authenticate", value: "Bearer") }
        if let seconds = error.retryAfterSeconds { self.headers.add(name: "retry-after", value: String(seconds)) }
        if error.status == 503 { self.headers.add(name: "retry-after", value: "1") }
    }

    /// What the broker refused, in HTTP.
    init(_ error: BrokerError) {
        let text = error.clientText
        switch error {
        case .denied, .quota: self.init(.forbidden, detail: text)
        // Only somebody who deletes topics or changes a setting can help.
        case .full: self = .unavailable(text, retryAfterSeconds: 60)
        case .missing: self.init(.notFound, detail: text)
        case .exists: self.init(.badRequest, detail: text)
        case .refused: self.init(.unprocessableEntity, detail: text)
        case .moved, .overloaded, .store: self = .unavailable(text)
        }
    }
}

import RelayWire

/// Owns the tokens of one client. Hands out an access token with life left in it, and renews it: one renewal at a time for all callers.
actor TokenKeeper {
    private enum Outcome {
        case settled(Result<Tokens, any Error>)
        /// The caller that was renewing was cancelled: somebody else has to.
        case abandoned
    }

    private var password: Credentials.Password?
    private let store: any TokenStore
    private let exchange: TokenExchange
    private let now: @Sendable () -> Timestamp

    private var tokens: Tokens?
    private var isRenewing = false
    private var waiting: [Int: CheckedContinuation<Outcome, Never>] = [:]
    private var lastWaiter = 0

    init(
        credentials: Credentials,
        store: (any TokenStore)?,
        exchange: TokenExchange,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.password = credentials.password
        self.tokens = credentials.tokens
        self.store = store ?? NoTokenStore()
        self.exchange = exchange
        self.now = now
    }

    /// - Parameter rejected: the access token that the relay just answered 401 to, if any: another one is wanted.
    func accessToken(rejecting rejected: String? = nil) async throws -> String {
        while true {
            try Task.checkCancellation()
            if case .use(let tokens) = self.plan(for: self.tokens, rejected) { return tokens.accessToken }
            let outcome = self.isRenewing ? await self.renewalOfOther() : await self.renew(rejecting: rejected)
            switch outcome {
            case .settled(let result): return try result.get().accessToken
            case .abandoned: continue
            }
        }
    }

    /// What was handed out last, if anything.
    var currentToken: String? { self.tokens?.accessToken }

    /// Logs in with the password whatever the tokens at hand.
    func logIn() async throws -> Tokens {
        guard let password = self.password else {
            throw RelayError(.authenticationRequired, detail: "no username and password at hand")
        }
        let exchange = self.exchange
        let tokens = try await self.store.renew { _ in try await exchange.logIn(password) }
        self.tokens = tokens
        return tokens
    }

    /// Gets another password, and goes on with the tokens of that.
    func changePassword(from old: String, to new: String) async throws -> Tokens {
        let bearer = try await self.accessToken()
        let exchange = self.exchange
        let tokens = try await self.store.renew { stored in
            // Another process may have renewed since.
            try await exchange.changePassword(from: old, to: new, bearer: stored?.accessToken ?? bearer)
        }
        self.tokens = tokens
        self.password = self.password.map { Credentials.Password(username: $0.username, password: new) }
        return tokens
    }

    /// Goes on with tokens that were got by another way than the password.
    func adopt(_ tokens: Tokens) async throws {
        self.tokens = try await self.store.renew { _ in tokens }
    }

    /// Revokes the tokens at hand, and forgets them.
    func logOut() async throws {
        guard let tokens = try await self.store.load() ?? self.tokens else { return }
        self.tokens = nil
        try await self.exchange.revoke(tokens)
    }

    private func plan(for tokens: Tokens?, _ rejected: String?) -> RenewalPlan {
        RenewalPlan.decide(tokens: tokens, rejected: rejected, hasPassword: self.password != nil, now: self.now())
    }
}

// MARK: - One renewal at a time

extension TokenKeeper {
    private func renew(rejecting rejected: String?) async -> Outcome {
        self.isRenewing = true
        let outcome = await self.outcome(rejecting: rejected)
        if case .settled(.success(let tokens)) = outcome { self.tokens = tokens }
        self.isRenewing = false
        let waiting = self.waiting.values
        self.waiting = [:]
        for waiter in waiting { waiter.resume(returning: outcome) }
        return outcome
    }

    private func outcome(rejecting rejected: String?) async -> Outcome {
        let known = self.tokens
        do {
            if let stored = try await self.store.load(), case .use = self.plan(for: stored, rejected) {
                return .settled(.success(stored))
            }
            return .settled(
                .success(
                    try await self.store.renew { stored in try await self.exchanged(stored ?? known, rejected) }
                )
            )
        } catch is CancellationError {
            return .abandoned
        } catch {
            return .settled(.failure(error))
        }
    }

    /// Another process may have renewed since: what is stored is looked at once more.
    private func exchanged(_ tokens: Tokens?, _ rejected: String?) async throws -> Tokens {
        switch self.plan(for: tokens, rejected) {
        case .use(let tokens):
            return tokens
        case .refresh(let refreshToken):
            if let renewed = try await self.exchange.refresh(refreshToken) { return renewed }
            return try await self.exchangedPassword()
        case .logIn, .giveUp:
            return try await self.exchangedPassword()
        }
    }

    private func exchangedPassword() async throws -> Tokens {
        guard let password = self.password else {
            throw RelayError(.authenticationRequired, detail: "not logged in, or the login has run out")
        }
        return try await self.exchange.logIn(password)
    }

    private func renewalOfOther() async -> Outcome {
        self.lastWaiter += 1
        let id = self.lastWaiter
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled {
                    continuation.resume(returning: .abandoned)
                } else {
                    self.waiting[id] = continuation
                }
            }
        } onCancel: {
            // The handler can't await; the waiter is looked up by its id, so a late arrival finds nothing.
            Task { await self.stopWaiting(id) }
        }
    }

    private func stopWaiting(_ id: Int) {
        self.waiting.removeValue(forKey: id)?.resume(returning: .abandoned)
    }
}

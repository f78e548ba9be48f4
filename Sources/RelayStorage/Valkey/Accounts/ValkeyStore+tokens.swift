public import RelayAccess
public import RelayCore
import RelayValkey
public import RelayWire

extension ValkeyStore: RefreshTokenStore {
    /// How often an exchange is decided anew because somebody else changed the chain meanwhile. Each time one of them got through.
    private static let rotations = 64

    public func insertRefreshToken(_ token: RefreshToken, generation: Int64) async throws(StoreError) -> Bool {
        let reply = try await self.run(
            InsertTokenScript.script,
            keys: [
                self.layout.token(token.jti), self.layout.userTokensPrefix + token.user.rawValue,
                self.layout.chainPrefix + token.chain, self.layout.tokens,
                self.layout.userPrefix + token.user.rawValue,
            ],
            [.init(token.jti), .init(token.expiresAt.microseconds), .init(generation)] + token.fields
        )
        return reply.integer == 1
    }

    public func rotateRefreshToken(_ attempt: RefreshAttempt) async throws(StoreError) -> RefreshOutcome {
        for _ in 0..<Self.rotations {
            if let outcome = try await self.tryRotating(attempt) { return outcome }
        }
        throw StoreError(.unavailable, "too many requests use the same refresh token at once")
    }

    /// Decides by what is stored, and does it if that is still stored then.
    private func tryRotating(_ attempt: RefreshAttempt) async throws(StoreError) -> RefreshOutcome? {
        let presented = try await self.versioned(attempt.jti)
        let next = try await self.versioned(presented?.token.successor)
        switch RefreshRotation.decide(attempt, presented: presented?.token, successor: next?.token) {
        case .refuse:
            return .invalid
        case .revokeChain(let chain):
            guard let presented else { return .invalid }
            let reply = try await self.run(
                RevokeChainScript.script,
                keys: [self.layout.chainPrefix + chain, self.layout.token(attempt.jti), self.layout.fence],
                [.init(attempt.now.microseconds), .init(self.layout.tokenPrefix), .init(presented.version)]
            )
            return reply.integer == 1 ? .reused(user: presented.token.user, chain: chain) : nil
        case .rotate(let spent, let successor, let replaced):
            guard let presented else { return .invalid }
            let other = replaced == nil ? presented : next ?? presented
            let reply = try await self.run(
                RotateTokenScript.script,
                keys: [
                    self.layout.token(spent.jti), self.layout.token(other.token.jti), self.layout.token(successor.jti),
                    self.layout.userTokensPrefix + successor.user.rawValue, self.layout.chainPrefix + successor.chain,
                    self.layout.tokens,
                ],
                [
                    .init(presented.version), .init(other.version), .init(attempt.now.microseconds),
                    .init(successor.jti), .init(successor.expiresAt.microseconds), .init(replaced == nil ? 0 : 1),
                    .init((spent.rotatedAt ?? attempt.now).microseconds),
                ] + successor.fields
            )
            return reply.integer == 1 ? .rotated(successor) : nil
        }
    }

    private func versioned(_ jti: String?) async throws(StoreError) -> (token: RefreshToken, version: String)? {
        guard let jti else { return nil }
        let replies = try await self.send("HGETALL", each: [self.layout.token(jti)], keepingWrongTypes: true)
        // What can't be read back is worth nothing: its user logs in anew.
        return self.readable("refresh token \(jti)") {
            () throws(StoreError) -> (token: RefreshToken, version: String)? in
            let fields = try HashFields(replies[0])
            guard let token = try RefreshToken(jti, fields) else { return nil }
            return (token, try fields.required(fields.text("version"), "version"))
        }
    }

    public func refreshToken(_ jti: String) async throws(StoreError) -> RefreshToken? {
        try await self.versioned(jti)?.token
    }

    public func liveRefreshTokens(of user: UserID, at now: Timestamp) async throws(StoreError) -> [RefreshToken] {
        let tokens = try await self.readableRefreshTokens(try await self.tokenIDs(of: user))
            .compactMap { $0 }.filter { $0.isLive(at: now) }
        return tokens.sorted {
            $0.issuedAt == $1.issuedAt ? $0.jti.precedesInBytes($1.jti) : $0.issuedAt < $1.issuedAt
        }
    }

    public func refreshTokens(
        of user: UserID,
        after jti: String?,
        limit: Int
    ) async throws(StoreError) -> [RefreshToken] {
        let ids = try await self.tokenIDs(of: user).filter { jti?.precedesInBytes($0) ?? true }
        let ordered = ids.sorted { $0.precedesInBytes($1) }
        return try await readablePage(limit) { (limit) async throws(StoreError) in
            try await self.readableRefreshTokens(Array(ordered.prefix(limit)))
        }
    }

    private func tokenIDs(of user: UserID) async throws(StoreError) -> [String] {
        let reply = try await self.send("SMEMBERS", self.layout.userTokensPrefix + user.rawValue)
        return (reply.array ?? []).compactMap(\.text)
    }

    /// Nil in the place of each that is gone, or can't be read back.
    private func readableRefreshTokens(_ ids: [String]) async throws(StoreError) -> [RefreshToken?] {
        let hashes = try await self.send(
            "HGETALL",
            each: ids.map { self.layout.token($0) },
            keepingWrongTypes: true
        )
        return zip(ids, hashes).map { jti, hash in
            self.readable("refresh token \(jti)") { () throws(StoreError) in try RefreshToken(jti, HashFields(hash)) }
        }
    }

    public func revokeRefreshToken(_ jti: String, at now: Timestamp) async throws(StoreError) -> Bool {
        let reply = try await self.run(
            RevokeTokenScript.script,
            keys: [self.layout.token(jti)],
            [.init(now.microseconds)]
        )
        return reply.integer == 1
    }

    public func revokeRefreshChain(_ chain: String, at now: Timestamp) async throws(StoreError) {
        let key = self.layout.chainPrefix + chain
        _ = try await self.run(
            RevokeChainScript.script,
            keys: [key, key, self.layout.fence],
            [.init(now.microseconds), .init(self.layout.tokenPrefix), ""]
        )
    }

    public func sweepRefreshTokens(at now: Timestamp) async throws(StoreError) {
        let layout = self.layout
        var count: Int64
        repeat {
            let reply = try await self.run(
                SweepTokensScript.script,
                keys: [layout.tokens, layout.fence],
                [
                    .init(now.microseconds), .init(layout.tokenPrefix), .init(layout.userTokensPrefix),
                    .init(layout.chainPrefix),
                ]
            )
            count = reply.integer ?? 0
        } while count > 0
    }
}

extension ValkeyStore: DenyListStore {
    public func denyToken(_ jti: String, of user: UserID, until expiresAt: Timestamp) async throws(StoreError) {
        _ = try await self.run(
            DenyTokenScript.script,
            keys: [self.layout.version, self.layout.changes, self.layout.denied],
            [.init(jti), .init(expiresAt.microseconds), .init(user.rawValue)]
        )
    }

    public func isTokenDenied(_ jti: String, at now: Timestamp) async throws(StoreError) -> Bool {
        let score = try await self.send("ZSCORE", self.layout.denied, .init(jti)).text
        guard let expiresAt = score.flatMap({ Double($0) }) else { return false }
        return Double(now.microseconds) < expiresAt
    }

    /// Scores are numbers of 53 bits, which microseconds fill in the year 2255.
    public func deniedTokens(after entry: DeniedToken?, limit: Int) async throws(StoreError) -> [DeniedToken] {
        let start = entry.map { ValkeyArgument($0.expiresAt.microseconds) } ?? "-inf"
        var found: [DeniedToken] = []
        var (offset, step) = (0, max(1, limit))
        while found.count < limit {
            let reply = try await self.send(
                "ZRANGEBYSCORE",
                self.layout.denied,
                start,
                "+inf",
                "WITHSCORES",
                "LIMIT",
                .init(offset),
                .init(step)
            )
            let texts = (reply.array ?? []).compactMap(\.text)
            let page = stride(from: 0, to: texts.count - 1, by: 2).map { place in
                DeniedToken(
                    jti: texts[place],
                    expiresAt: Timestamp(microseconds: Double(texts[place + 1]).flatMap { Int64(exactly: $0) } ?? 0)
                )
            }
            found += page.filter { entry?.precedes($0) ?? true }
            guard page.count == step else { break }
            (offset, step) = (offset + step, max(1, limit - found.count))
        }
        return Array(found.prefix(max(0, limit)))
    }

    public func sweepDenyList(at now: Timestamp) async throws(StoreError) {
        _ = try await self.send("ZREMRANGEBYSCORE", self.layout.denied, "-inf", .init(now.microseconds))
    }
}

extension KeyLayout {
    fileprivate func token(_ jti: String) -> String { self.tokenPrefix + jti }
}

import GRDB
public import RelayAccess
public import RelayCore
public import RelayWire

extension SQLiteStore: RefreshTokenStore {
    public func insertRefreshToken(_ token: RefreshToken, generation: Int64) async throws(StoreError) -> Bool {
        try await self.write { db, _ in
            let known = try db.first(
                "SELECT password_generation FROM users WHERE id = ?",
                [DatabaseValue(token.user)]
            ) { try $0.integer(0) }
            guard known == generation else { return false }
            try db.put(token)
            return true
        }
    }

    public func rotateRefreshToken(_ attempt: RefreshAttempt) async throws(StoreError) -> RefreshOutcome {
        try await self.write { [places] db, _ in try db.rotate(attempt, places) }
    }

    public func refreshToken(_ jti: String) async throws(StoreError) -> RefreshToken? {
        try await self.read { [places] in try $0.refreshToken(jti, places) }
    }

    public func liveRefreshTokens(of user: UserID, at now: Timestamp) async throws(StoreError) -> [RefreshToken] {
        try await self.read { [places] db in
            // Spent ones stay until they expire: a chain that is in use has thousands.
            try db.refreshTokens(
                "user = ? AND rotated_at IS NULL AND revoked_at IS NULL AND expires_at > ? ORDER BY issued_at, jti",
                [DatabaseValue(user), DatabaseValue(now)],
                places
            )
        }
    }

    public func refreshTokens(
        of user: UserID,
        after jti: String?,
        limit: Int
    ) async throws(StoreError) -> [RefreshToken] {
        let start = jti.map { DatabaseValue($0) } ?? DatabaseValue([UInt8]())
        return try await readablePage(limit) { (limit) async throws(StoreError) in
            try await self.read { [places] db in
                try db.readableRefreshTokens(
                    "user = ? AND jti > ? ORDER BY jti LIMIT ?",
                    [DatabaseValue(user), start, limit.databaseValue],
                    places
                )
            }
        }
    }

    public func revokeRefreshToken(_ jti: String, at now: Timestamp) async throws(StoreError) -> Bool {
        try await self.write { [places] db, _ in
            guard var token = try db.refreshToken(jti, places), token.isLive(at: now) else { return false }
            token.revokedAt = now
            try db.put(token)
            return true
        }
    }

    public func revokeRefreshChain(_ chain: String, at now: Timestamp) async throws(StoreError) {
        try await self.write { db, _ in try db.revokeChain(chain, at: now) }
    }

    public func sweepRefreshTokens(at now: Timestamp) async throws(StoreError) {
        try await self.write { db, _ in
            try db.run("DELETE FROM refresh_tokens WHERE expires_at < ?", [DatabaseValue(now)])
        }
    }
}

extension SQLiteStore: DenyListStore {
    public func denyToken(_ jti: String, of user: UserID, until expiresAt: Timestamp) async throws(StoreError) {
        try await self.write { db, _ in
            try db.run(
                """
                INSERT INTO denied_tokens (jti, expires_at) VALUES (?, ?)
                ON CONFLICT (jti) DO UPDATE SET expires_at = max(expires_at, excluded.expires_at)
                """,
                [DatabaseValue(jti), DatabaseValue(expiresAt)]
            )
        }
    }

    public func isTokenDenied(_ jti: String, at now: Timestamp) async throws(StoreError) -> Bool {
        try await self.read { db in
            try db.first(
                "SELECT 1 FROM denied_tokens WHERE jti = ? AND expires_at > ?",
                [DatabaseValue(jti), DatabaseValue(now)]
            ) { _ in true } ?? false
        }
    }

    public func deniedTokens(after entry: DeniedToken?, limit: Int) async throws(StoreError) -> [DeniedToken] {
        let place = entry ?? DeniedToken(jti: "", expiresAt: Timestamp(microseconds: .min))
        return try await self.read { db in
            try db.all(
                """
                SELECT jti, expires_at FROM denied_tokens WHERE (expires_at, jti) > (?, ?) ORDER BY expires_at, jti LIMIT ?
                """,
                [DatabaseValue(place.expiresAt), DatabaseValue(place.jti), max(0, limit).databaseValue]
            ) { DeniedToken(jti: try $0.required($0.text(0)), expiresAt: try $0.required($0.moment(1))) }
        }
    }

    public func sweepDenyList(at now: Timestamp) async throws(StoreError) {
        try await self.write { db, _ in
            try db.run("DELETE FROM denied_tokens WHERE expires_at <= ?", [DatabaseValue(now)])
        }
    }
}

// MARK: - Rows

extension Database {
    fileprivate func refreshToken(_ jti: String, _ places: UnreadableRecords) throws -> RefreshToken? {
        try self.refreshTokens("jti = ?", [DatabaseValue(jti)], places).first
    }

    /// What can't be read back is worth nothing: its user logs in anew.
    fileprivate func refreshTokens(
        _ condition: String,
        _ arguments: [DatabaseValue],
        _ places: UnreadableRecords
    ) throws -> [RefreshToken] {
        try self.readableRefreshTokens(condition, arguments, places).compactMap { $0 }
    }

    fileprivate func readableRefreshTokens(
        _ condition: String,
        _ arguments: [DatabaseValue],
        _ places: UnreadableRecords
    ) throws -> [RefreshToken?] {
        try self.readable(
            """
            SELECT jti, user, chain, secret_hash, issued_at, expires_at, client_hint, last_used_at, rotated_at,
            successor, revoked_at FROM refresh_tokens WHERE \(condition)
            """,
            arguments,
            places,
            { "refresh token \($0.shown(0))" },
            { try RefreshToken(row: $0) }
        )
    }

    fileprivate func put(_ token: RefreshToken) throws {
        try self.run(
            """
            INSERT OR REPLACE INTO refresh_tokens (jti, user, chain, secret_hash, issued_at, expires_at, client_hint,
            last_used_at, rotated_at, successor, revoked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            token.columns
        )
    }

    fileprivate func revokeChain(_ chain: String, at now: Timestamp) throws {
        try self.run(
            "UPDATE refresh_tokens SET revoked_at = ? WHERE chain = ? AND revoked_at IS NULL",
            [DatabaseValue(now), DatabaseValue(chain)]
        )
    }

    fileprivate func rotate(_ attempt: RefreshAttempt, _ places: UnreadableRecords) throws -> RefreshOutcome {
        let presented = try self.refreshToken(attempt.jti, places)
        let next = try presented?.successor.flatMap { try self.refreshToken($0, places) }
        switch RefreshRotation.decide(attempt, presented: presented, successor: next) {
        case .rotate(let spent, let successor, let replaced):
            if let replaced, var token = try self.refreshToken(replaced, places) {
                token.revokedAt = attempt.now
                try self.put(token)
            }
            try self.put(spent)
            try self.put(successor)
            return .rotated(successor)
        case .refuse:
            return .invalid
        case .revokeChain(let chain):
            try self.revokeChain(chain, at: attempt.now)
            return presented.map { .reused(user: $0.user, chain: chain) } ?? .invalid
        }
    }
}

extension RefreshToken {
    fileprivate init(row: Row) throws {
        self.init(
            jti: try row.required(row.text(0)),
            user: UserID(try row.required(row.text(1))),
            chain: try row.required(row.text(2)),
            secretHash: try row.required(row.bytes(3)),
            issuedAt: try row.required(row.moment(4)),
            expiresAt: try row.required(row.moment(5)),
            clientHint: try row.text(6),
            lastUsedAt: try row.moment(7),
            rotatedAt: try row.moment(8),
            successor: try row.text(9),
            revokedAt: try row.moment(10)
        )
    }

    fileprivate var columns: [DatabaseValue] {
        [
            DatabaseValue(self.jti), DatabaseValue(self.user), DatabaseValue(self.chain),
            DatabaseValue(self.secretHash), DatabaseValue(self.issuedAt), DatabaseValue(self.expiresAt),
            self.clientHint.map { DatabaseValue($0) } ?? .null,
            self.lastUsedAt.map { DatabaseValue($0) } ?? .null,
            self.rotatedAt.map { DatabaseValue($0) } ?? .null,
            self.successor.map { DatabaseValue($0) } ?? .null,
            self.revokedAt.map { DatabaseValue($0) } ?? .null,
        ]
    }
}

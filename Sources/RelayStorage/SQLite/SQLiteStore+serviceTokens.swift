import GRDB
public import RelayAccess
public import RelayCore
public import RelayWire

extension SQLiteStore: ServiceTokenStore {
    public func insertServiceToken(
        _ token: ServiceToken,
        generation: Int64,
        most: Int
    ) async throws(StoreError) -> ServiceTokenInsertion {
        try await self.write { db, _ in
            let user = DatabaseValue(token.user)
            let known = try db.first("SELECT password_generation FROM users WHERE id = ?", [user]) {
                try $0.integer(0)
            }
            guard known == generation else { return .outdated }
            let count = try db.first("SELECT count(*) FROM service_tokens WHERE user = ?", [user]) {
                try $0.integer(0)
            }
            guard count ?? 0 < most else { return .full }
            try db.run(
                "INSERT INTO service_tokens (id, user, label, scope, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
                [
                    DatabaseValue(token.id), user, token.label.map { DatabaseValue($0) } ?? .null,
                    DatabaseValue(token.scope.storedText), DatabaseValue(token.createdAt),
                    DatabaseValue(token.expiresAt),
                ]
            )
            return .stored
        }
    }

    public func serviceToken(_ id: String) async throws(StoreError) -> ServiceToken? {
        try await self.read { [places] db in
            try db.serviceTokens("WHERE id = ?", [DatabaseValue(id)], places).first
        }
    }

    public func serviceTokens(
        of user: UserID?,
        after place: ServiceTokenPlace?,
        limit: Int
    ) async throws(StoreError) -> [ServiceToken] {
        var conditions: [String] = []
        var arguments: [DatabaseValue] = []
        if let user {
            conditions.append("user = ?")
            arguments.append(DatabaseValue(user))
        }
        if let place {
            conditions.append("(created_at, id) > (?, ?)")
            arguments += [DatabaseValue(place.createdAt), DatabaseValue(place.id)]
        }
        let filter = conditions.isEmpty ? "" : "WHERE \(conditions.joined(separator: " AND "))"
        arguments.append(Int64(max(0, limit)).databaseValue)
        return try await self.read { [places, arguments] db in
            try db.serviceTokens("\(filter) ORDER BY created_at, id LIMIT ?", arguments, places)
        }
    }

    public func removeServiceToken(_ id: String) async throws(StoreError) -> Bool {
        try await self.write { db, _ in
            try db.changes("DELETE FROM service_tokens WHERE id = ?", [DatabaseValue(id)])
        }
    }

    public func sweepServiceTokens(at now: Timestamp) async throws(StoreError) {
        try await self.write { db, _ in
            try db.run("DELETE FROM service_tokens WHERE expires_at <= ?", [DatabaseValue(now)])
        }
    }
}

extension Database {
    fileprivate func serviceTokens(
        _ rest: String,
        _ arguments: [DatabaseValue],
        _ places: UnreadableRecords
    ) throws -> [ServiceToken] {
        let tokens = try self.readable(
            "SELECT id, user, label, scope, created_at, expires_at FROM service_tokens \(rest)",
            arguments,
            places,
            { "service token \($0.shown(0))" },
            { try ServiceToken(row: $0) }
        )
        return tokens.compactMap { $0 }
    }
}

extension ServiceToken {
    fileprivate init(row: Row) throws {
        self.init(
            id: try row.required(row.text(0)),
            user: UserID(try row.required(row.text(1))),
            label: try row.text(2),
            scope: try row.required(TokenScope(storedText: row.required(row.text(3)))),
            createdAt: try row.required(row.moment(4)),
            expiresAt: try row.required(row.moment(5))
        )
    }
}

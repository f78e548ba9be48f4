import GRDB
public import RelayAccess
public import RelayCore
import RelayWire

extension SQLiteStore: UserStore {
    public func createUser(_ user: User) async throws(StoreError) -> Bool {
        try await self.write { db, _ in
            try db.changes(
                """
                INSERT INTO users (
                    id, username, created_at, email, is_active, permissions, password_hash, password_generation, issuer, subject
                )
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                """,
                user.columns + user.identityColumns
            )
        }
    }

    public func user(_ id: UserID) async throws(StoreError) -> User? {
        try await self.read { [places] in try $0.user(id, places) }
    }

    public func user(named username: String) async throws(StoreError) -> User? {
        try await self.read { [places] in try $0.user("username = ?", [DatabaseValue(username)], places) }
    }

    public func user(of identity: FederatedIdentity) async throws(StoreError) -> User? {
        try await self.read { [places] db in
            let identity = [DatabaseValue(identity.issuer), DatabaseValue(identity.subject)]
            return try db.user("issuer = ? AND subject = ?", identity, places)
        }
    }

    public func users(after user: UserPlace?, limit: Int) async throws(StoreError) -> [User] {
        let place = user ?? UserPlace(createdAt: Timestamp(microseconds: .min), id: UserID(""))
        return try await readablePage(limit) { (limit) async throws(StoreError) in
            try await self.read { [places] db in
                try db.readable(
                    "\(Database.selectUsers) WHERE (created_at, id) > (?, ?) ORDER BY created_at, id LIMIT ?",
                    [DatabaseValue(place.createdAt), DatabaseValue(place.id), limit.databaseValue],
                    places,
                    { "user \($0.shown(0))" },
                    { try User(row: $0) }
                )
            }
        }
    }

    public func userCounts() async throws(StoreError) -> UserCounts {
        try await self.read { db in
            let counts = try db.first(
                "SELECT count(*), count(*) FILTER (WHERE typeof(is_active) = 'integer' AND is_active <> 0) FROM users",
                []
            ) { row in
                UserCounts(total: Int(try row.integer(0)), active: Int(try row.integer(1)))
            }
            return counts ?? UserCounts(total: 0, active: 0)
        }
    }

    public func updateUser(_ id: UserID, _ changes: UserChanges) async throws(StoreError) -> User? {
        try await self.write { [places] db, _ in
            guard let old = try db.user(id, places), changes.fit(old) else { return nil }
            let user = old.changed(by: changes)
            try db.run(
                """
                UPDATE users SET email = ?, is_active = ?, permissions = ?, password_hash = ?, password_generation = ?
                WHERE id = ?
                """,
                user.columns.suffix(5) + [DatabaseValue(id)]
            )
            if changes.passwordHash != nil {
                try db.run("DELETE FROM refresh_tokens WHERE user = ?", [DatabaseValue(id)])
                try db.run("DELETE FROM service_tokens WHERE user = ?", [DatabaseValue(id)])
            }
            return user
        }
    }

    public func replacePasswordHash(
        of id: UserID,
        _ old: String,
        by new: String
    ) async throws(StoreError) -> Bool {
        try await self.write { db, _ in
            try db.changes(
                "UPDATE users SET password_hash = ? WHERE id = ? AND password_hash = ?",
                [DatabaseValue(new), DatabaseValue(id), DatabaseValue(old)]
            )
        }
    }

    public func deleteUser(_ id: UserID) async throws(StoreError) -> [TopicKey]? {
        try await self.write { db, _ in
            guard try db.changes("DELETE FROM users WHERE id = ?", [DatabaseValue(id)]) else { return nil }
            let keys = try db.all(
                """
                SELECT topics.key FROM grants JOIN topics ON topics.key = grants.topic
                WHERE grants.user = ? ORDER BY topics.key
                """,
                [DatabaseValue(id)]
            ) { $0.storedKey(0) }.compactMap(\.self)
            try db.run("DELETE FROM grants WHERE user = ?", [DatabaseValue(id)])
            try db.run("DELETE FROM refresh_tokens WHERE user = ?", [DatabaseValue(id)])
            try db.run("DELETE FROM readers WHERE user = ?", [DatabaseValue(id)])
            try db.run("DELETE FROM service_tokens WHERE user = ?", [DatabaseValue(id)])
            try db.run("DELETE FROM webhooks WHERE user = ?", [DatabaseValue(id)])
            return keys
        }
    }
}

// MARK: - Rows

extension Database {
    fileprivate func user(_ id: UserID, _ places: UnreadableRecords) throws -> User? {
        try self.user("id = ?", [DatabaseValue(id)], places)
    }

    fileprivate static let selectUsers = """
        SELECT id, username, created_at, email, is_active, permissions, password_hash, password_generation, issuer, subject
        FROM users
        """

    /// - Throws: `corrupt` where the record can't be read back: what is there must not be taken for free.
    fileprivate func user(
        _ condition: String,
        _ arguments: [DatabaseValue],
        _ places: UnreadableRecords
    ) throws -> User? {
        try self.first("\(Self.selectUsers) WHERE \(condition)", arguments) { row in
            do {
                return try User(row: row)
            } catch let error as StoreError {
                places.note("user \(row.shown(0))", error)
                throw error
            }
        }
    }
}

extension User {
    fileprivate init(row: Row) throws {
        self.init(
            id: UserID(try row.required(row.text(0))),
            username: try row.required(row.text(1)),
            createdAt: try row.required(row.moment(2)),
            email: try row.text(3),
            isActive: try row.integer(4) != 0,
            permissions: Permissions(rawValue: UInt8(truncatingIfNeeded: try row.integer(5))),
            passwordHash: try row.text(6),
            passwordGeneration: try row.integer(7),
            identity: try Self.identity(row)
        )
    }

    private static func identity(_ row: Row) throws -> FederatedIdentity? {
        guard let issuer = try row.text(8) else { return nil }
        return FederatedIdentity(issuer: issuer, subject: try row.required(row.text(9)))
    }

    fileprivate var columns: [DatabaseValue] {
        [
            DatabaseValue(self.id), DatabaseValue(self.username), DatabaseValue(self.createdAt),
            self.email.map { DatabaseValue($0) } ?? .null, self.isActive.databaseValue,
            self.permissions.rawValue.databaseValue, self.passwordHash.map { DatabaseValue($0) } ?? .null,
            self.passwordGeneration.databaseValue,
        ]
    }

    fileprivate var identityColumns: [DatabaseValue] {
        guard let identity = self.identity else { return [.null, .null] }
        return [DatabaseValue(identity.issuer), DatabaseValue(identity.subject)]
    }
}

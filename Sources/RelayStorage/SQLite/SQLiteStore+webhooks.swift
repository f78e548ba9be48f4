import GRDB
public import RelayAccess
public import RelayCore
import RelayWire

extension SQLiteStore: WebhookStore {
    public func insertWebhook(
        _ webhook: StoredWebhook,
        within quota: WebhookQuota
    ) async throws(StoreError) -> WebhookInsertion {
        try await self.write { db, _ in
            let user = DatabaseValue(webhook.user)
            let known = try db.first("SELECT 1 FROM users WHERE id = ?", [user]) { try $0.integer(0) }
            guard known != nil else { return .userMissing }
            let owned = try db.first("SELECT count(*) FROM webhooks WHERE user = ?", [user]) { try $0.integer(0) }
            let total = try db.first("SELECT count(*) FROM webhooks", []) { try $0.integer(0) }
            if let refusal = quota.refusal(owned: Int(owned ?? 0), total: Int(total ?? 0)) { return refusal }
            try db.run(
                """
                INSERT INTO webhooks (id, user, definition, created_at, is_paused, revision, health)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    DatabaseValue(webhook.id), user, DatabaseValue(webhook.definition.storedText),
                    DatabaseValue(webhook.createdAt), Int64(webhook.isPaused ? 1 : 0).databaseValue,
                    webhook.revision.databaseValue, DatabaseValue(webhook.health.storedText),
                ]
            )
            return .stored
        }
    }

    public func webhook(_ id: String) async throws(StoreError) -> StoredWebhook? {
        try await self.read { [places] db in
            try db.webhooks("WHERE id = ?", [DatabaseValue(id)], places).first
        }
    }

    public func webhooks(
        of user: UserID?,
        after id: String?,
        limit: Int
    ) async throws(StoreError) -> [StoredWebhook] {
        var conditions: [String] = []
        var arguments: [DatabaseValue] = []
        if let user {
            conditions.append("user = ?")
            arguments.append(DatabaseValue(user))
        }
        if let id {
            conditions.append("id > ?")
            arguments.append(DatabaseValue(id))
        }
        let filter = conditions.isEmpty ? "" : "WHERE \(conditions.joined(separator: " AND "))"
        arguments.append(Int64(max(0, limit)).databaseValue)
        return try await self.read { [places, arguments] db in
            try db.webhooks("\(filter) ORDER BY id LIMIT ?", arguments, places)
        }
    }

    public func switchWebhook(_ id: String, _ wanted: WebhookSwitch) async throws(StoreError) -> StoredWebhook? {
        try await self.write { [places] db, _ in
            let found = try db.webhooks("WHERE id = ?", [DatabaseValue(id)], places).first
            guard let webhook = found?.switched(wanted) else { return nil }
            try db.run(
                "UPDATE webhooks SET is_paused = ?, revision = ?, health = ? WHERE id = ?",
                [
                    Int64(webhook.isPaused ? 1 : 0).databaseValue, webhook.revision.databaseValue,
                    DatabaseValue(webhook.health.storedText), DatabaseValue(id),
                ]
            )
            return webhook
        }
    }

    public func recordHealth(
        _ health: WebhookHealth,
        ofWebhook id: String,
        revision: Int64
    ) async throws(StoreError) -> Bool {
        try await self.write { db, _ in
            try db.changes(
                "UPDATE webhooks SET health = ?, is_paused = max(is_paused, ?) WHERE id = ? AND revision = ?",
                [
                    DatabaseValue(health.storedText), Int64(health.pauseReason == nil ? 0 : 1).databaseValue,
                    DatabaseValue(id), revision.databaseValue,
                ]
            )
        }
    }

    public func removeWebhook(_ id: String) async throws(StoreError) -> Bool {
        try await self.write { db, _ in
            try db.changes("DELETE FROM webhooks WHERE id = ?", [DatabaseValue(id)])
        }
    }

    /// One relay alone has this store.
    public func leaseWebhooks(
        _ ids: [String],
        to holder: String,
        seconds: Int64
    ) async throws(StoreError) -> Set<String> {
        Set(ids)
    }

    public func releaseWebhooks(_ ids: [String], of holder: String) async throws(StoreError) {}

    /// One relay alone has this store, and knows its readers.
    public func tellReaders(
        _ topics: [String],
        ofWebhook id: String,
        on relay: String,
        seconds: Int64
    ) async throws(StoreError) {}

    public func topicsWithReaders(ofWebhook id: String) async throws(StoreError) -> Set<String> { [] }
}

// MARK: - Rows

extension Database {
    fileprivate func webhooks(
        _ rest: String,
        _ arguments: [DatabaseValue],
        _ places: UnreadableRecords
    ) throws -> [StoredWebhook] {
        let webhooks = try self.readable(
            "SELECT id, user, definition, created_at, is_paused, revision, health FROM webhooks \(rest)",
            arguments,
            places,
            { "webhook \($0.shown(0))" },
            { try StoredWebhook(row: $0) }
        )
        return webhooks.compactMap(\.self)
    }
}

extension StoredWebhook {
    fileprivate init(row: Row) throws {
        self.init(
            id: try row.required(row.text(0)),
            user: UserID(try row.required(row.text(1))),
            definition: try row.required(WebhookDefinition(storedText: row.required(row.text(2)))),
            createdAt: try row.required(row.moment(3)),
            isPaused: try row.integer(4) != 0,
            revision: try row.integer(5),
            health: try row.required(WebhookHealth(storedText: row.required(row.text(6))))
        )
    }
}

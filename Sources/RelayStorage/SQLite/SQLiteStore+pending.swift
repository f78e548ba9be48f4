import GRDB
public import RelayAccess
public import RelayCore
public import RelayWire

extension SQLiteStore: PendingStore {
    public func insertPending(
        _ record: PendingRecord,
        at now: Timestamp,
        limit: Int
    ) async throws(StoreError) -> PendingInsertion {
        try await self.write { db, _ in
            let kind = DatabaseValue(record.kind.rawValue)
            try db.run("DELETE FROM pending WHERE kind = ? AND expires_at <= ?", [kind, DatabaseValue(now)])
            let count = try db.first("SELECT count(*) FROM pending WHERE kind = ?", [kind]) { try $0.integer(0) }
            guard (count ?? 0) < Int64(limit) else { return .full }
            let isStored = try db.changes(
                "INSERT INTO pending (kind, id, alias, value, expires_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                [
                    kind, DatabaseValue(record.id), record.alias.map { DatabaseValue($0) } ?? .null,
                    DatabaseValue(record.value), DatabaseValue(record.expiresAt),
                ]
            )
            return isStored ? .stored : .taken
        }
    }

    public func pending(
        _ kind: PendingRecord.Kind,
        _ name: PendingName,
        at now: Timestamp
    ) async throws(StoreError) -> PendingRecord? {
        let (column, text) =
            switch name {
            case .id(let id): ("id", id)
            case .alias(let alias): ("alias", alias)
            }
        return try await self.read { [places] db in
            try Self.records(
                db,
                places,
                kind,
                where: "\(column) = ? AND expires_at > ?",
                [DatabaseValue(text), DatabaseValue(now)]
            ).first
        }
    }

    public func pending(
        _ kind: PendingRecord.Kind,
        after last: String?,
        limit: Int,
        at now: Timestamp
    ) async throws(StoreError) -> [PendingRecord] {
        try await self.read { [places] db in
            try Self.records(
                db,
                places,
                kind,
                where: "id > ? AND expires_at > ? ORDER BY id LIMIT ?",
                [DatabaseValue(last ?? ""), DatabaseValue(now), Int64(limit).databaseValue]
            )
        }
    }

    /// What can't be read back is worth nothing: whoever waits begins anew.
    private static func records(
        _ db: Database,
        _ places: UnreadableRecords,
        _ kind: PendingRecord.Kind,
        where condition: String,
        _ arguments: [DatabaseValue]
    ) throws -> [PendingRecord] {
        let records = try db.readable(
            "SELECT id, alias, value, expires_at FROM pending WHERE kind = ? AND \(condition)",
            [DatabaseValue(kind.rawValue)] + arguments,
            places,
            { _ in "a \(kind) that waits" },
            { row in
                PendingRecord(
                    kind: kind,
                    id: try row.required(row.text(0)),
                    alias: try row.text(1),
                    value: try row.required(row.bytes(2)),
                    expiresAt: try row.required(row.moment(3))
                )
            }
        )
        return records.compactMap { $0 }
    }

    public func replacePending(_ record: PendingRecord, by value: [UInt8]) async throws(StoreError) -> Bool {
        try await self.write { db, _ in
            try db.changes(
                "UPDATE pending SET value = ? WHERE kind = ? AND id = ? AND value = ?",
                [
                    DatabaseValue(value), DatabaseValue(record.kind.rawValue), DatabaseValue(record.id),
                    DatabaseValue(record.value),
                ]
            )
        }
    }

    public func takePending(_ record: PendingRecord) async throws(StoreError) -> Bool {
        try await self.write { db, _ in
            try db.changes(
                "DELETE FROM pending WHERE kind = ? AND id = ? AND value = ?",
                [DatabaseValue(record.kind.rawValue), DatabaseValue(record.id), DatabaseValue(record.value)]
            )
        }
    }

    public func sweepPending(at now: Timestamp) async throws(StoreError) {
        try await self.write { db, _ in
            try db.run("DELETE FROM pending WHERE expires_at <= ?", [DatabaseValue(now)])
        }
    }
}

import GRDB
public import RelayAccess
public import RelayCore
public import RelayWire

extension SQLiteStore: AuditStore {
    public func addAuditRecords(_ records: [AuditRecord], keeping most: Int) async throws(StoreError) {
        try await self.write { db, _ in
            for record in records {
                try db.run(
                    "INSERT OR IGNORE INTO audit (at, id, record) VALUES (?, ?, ?)",
                    [DatabaseValue(record.at), DatabaseValue(record.id), DatabaseValue(record.storedText)]
                )
            }
            try db.run(
                """
                DELETE FROM audit WHERE (at, id) <= (SELECT at, id FROM audit ORDER BY at DESC, id DESC LIMIT 1 OFFSET ?)
                """,
                [Int64(max(1, most)).databaseValue]
            )
        }
    }

    public func auditRecords(
        before place: AuditRecord.Place?,
        limit: Int
    ) async throws(StoreError) -> [AuditRecord] {
        let filter = place == nil ? "" : "WHERE (at, id) < (?, ?)"
        let arguments =
            (place.map { [DatabaseValue($0.at), DatabaseValue($0.id)] } ?? []) + [Int64(max(0, limit)).databaseValue]
        return try await self.read { [places] db in
            try db.readable(
                "SELECT at, id, record FROM audit \(filter) ORDER BY at DESC, id DESC LIMIT ?",
                arguments,
                places,
                { "audit record \($0.shown(1))" },
                { try AuditRecord(row: $0) }
            ).compactMap { $0 }
        }
    }

    public func sweepAuditRecords(before moment: Timestamp) async throws(StoreError) {
        try await self.write { db, _ in
            try db.run("DELETE FROM audit WHERE at < ?", [DatabaseValue(moment)])
        }
    }
}

extension AuditRecord {
    fileprivate init(row: Row) throws {
        let place = Place(at: try row.required(row.moment(0)), id: try row.required(row.text(1)))
        self = try row.required(AuditRecord(place, storedText: row.required(row.text(2))))
    }
}

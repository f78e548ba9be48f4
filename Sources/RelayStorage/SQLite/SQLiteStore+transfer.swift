import DequeModule
import GRDB
public import RelayCore
import RelayWire

extension SQLiteStore: StreamTransferStore {
    /// In the order in which they began.
    public func streams(after place: String?, limit: Int) async throws(StoreError) -> StreamListing {
        guard let start = Int64(place ?? "0") else { throw StoreError(.corrupt, "'\(place ?? "")' is no place") }
        let limit = max(1, limit)
        return try await self.read { db in
            let rows = try db.all(
                "SELECT id, key FROM streams WHERE id > ? ORDER BY id LIMIT ?",
                [start.databaseValue, limit.databaseValue]
            ) { (id: try $0.integer(0), key: $0.storedKey(1)) }
            return StreamListing(
                entries: rows.compactMap { row in row.key.map { StreamListing.Entry(key: $0) } },
                next: rows.count < limit ? nil : rows.last.map { String($0.id) }
            )
        }
    }

    public func importStream(_ part: StreamPart) async throws(StoreError) -> StreamImportOutcome {
        try await self.write(cost: Self.smallJob + part.memoryCost, needsRoom: true) { db, cache in
            let known = try cache.bounds(of: part.topic, in: db) ?? StreamBounds()
            guard part.follows(known) else { return .unexpected(known) }
            try cache.create(part.topic, in: db)
            let bounds = try cache.update(part.topic, in: db) { stream in
                try stream.take(part, into: db)
                return stream.bounds
            }
            return .stored(bounds ?? StreamBounds())
        }
    }
}

extension StreamState {
    /// Stores the part's messages as they were.
    fileprivate mutating func take(_ part: StreamPart, into db: Database) throws {
        for message in part.messages {
            try db.insert(message, stream: self.id)
            if message.isSnapshot {
                self.snapshot = message.id
                self.bounds.count = 1
            } else {
                self.bounds.count += 1
            }
        }
        self.bounds.epoch = StreamEpoch(id: part.epoch.id, start: part.epoch.start)
        self.bounds.trimmedThrough = part.trimmedThrough
        self.bounds.last = part.last
        self.oldest = []
        self.isChanged = true
    }
}

extension Database {
    fileprivate func insert(_ message: Message, stream: Int64) throws {
        try self.run(
            """
            INSERT INTO messages (stream, ms, seq, timestamp, expires_at, audience, metadata, payload, sender, format,
            is_snapshot) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [stream.databaseValue] + message.id.columns + [
                DatabaseValue(message.timestamp),
                message.expiresAt.map { DatabaseValue($0) } ?? .null,
                message.audience.storedText.map { DatabaseValue($0) } ?? .null,
                message.metadata.map { DatabaseValue($0) } ?? .null,
                DatabaseValue(message.payload),
                message.sender.map { DatabaseValue($0) } ?? .null,
                Int64(message.format.rawValue).databaseValue,
                (message.isSnapshot ? 1 : 0).databaseValue,
            ]
        )
    }
}

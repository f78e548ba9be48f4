import DequeModule
import GRDB
import RelayCore
import RelayWire

extension StreamState {
    /// How many rows are trimmed before they are deleted together, and how many ids are looked up ahead.
    static let slack = 128
    /// From this many on, hidden rows are left to the sweep, which deletes them in small transactions.
    static let largestDeletion = 8192

    /// Stores the batch and trims the stream; the bounds are written later, by the cache.
    mutating func append(_ batch: AppendBatch, to db: Database) throws -> AppendReceipt {
        var ids = IDSequence(after: self.bounds.last)
        let stored = try batch.drafts.map { draft in
            if let first = try db.firstAttempt(of: draft) { return first }
            let id = ids.next(at: draft.timestamp)
            try db.insert(draft, id: id, stream: self.id)
            try db.insertMark(of: draft, id: id, topic: batch.topic)
            self.bounds.count += 1
            return StoredDraft(id: id, timestamp: draft.timestamp)
        }
        if ids.last != self.bounds.last { self.isChanged = true }
        self.bounds.last = ids.last
        try self.trim(toCount: max(1, batch.retention.maxMessages), in: db)
        return AppendReceipt(stored: stored, bounds: self.bounds)
    }

    private mutating func trim(toCount limit: Int, in db: Database) throws {
        guard self.bounds.count > limit else { return }
        self.isChanged = true
        if self.bounds.count - limit > Self.largestDeletion { try self.skip(self.bounds.count - limit, in: db) }
        while self.bounds.count > limit {
            if self.oldest.isEmpty { try self.lookAhead(in: db) }
            guard let id = self.oldest.popFirst() else { break }
            self.bounds.trimmedThrough = id
            self.bounds.count -= 1
            self.hidden += 1
            self.forgetSnapshots()
        }
        if Self.slack..<Self.largestDeletion ~= self.hidden {
            try db.deleteMessages(of: self.id, through: self.bounds.trimmedThrough)
            self.hidden = 0
        }
    }

    private mutating func lookAhead(in db: Database) throws {
        let rows = try db.all(
            "SELECT ms, seq FROM messages WHERE stream = ? AND (ms, seq) > (?, ?) ORDER BY ms, seq LIMIT ?",
            [self.id.databaseValue] + self.shownAfter.columns + [Self.slack.databaseValue]
        ) { try? $0.storedID(0) }
        let ids = rows.placed
        self.oldest.append(contentsOf: ids)
        // These are all that can be read. Rows that lie behind them, out of reach, must not cost others their place.
        if rows.count < Self.slack { self.bounds.count = min(self.bounds.count, ids.count) }
    }

    /// Trims many at once: after the limit was lowered.
    private mutating func skip(_ count: Int, in db: Database) throws {
        let id = try db.first(
            """
            SELECT ms, seq FROM messages WHERE stream = ? AND (ms, seq) > (?, ?) AND \(Database.hasMessageID)
            ORDER BY ms, seq LIMIT 1 OFFSET ?
            """,
            [self.id.databaseValue] + self.shownAfter.columns + [(count - 1).databaseValue]
        ) { try $0.storedID(0) }
        guard let id else { return }
        self.bounds.trimmedThrough = id
        self.bounds.count -= count
        self.hidden += count
        self.oldest = []
        self.forgetSnapshots()
    }
}

extension [MessageID?] {
    /// With nil for what can't be read, in the order of their table. Such a row goes with the next that can, so it lies right before that
    /// one. Those behind the last have no place.
    var placed: [MessageID] {
        var (ids, unplaced) = ([MessageID](), 0)
        for id in self {
            guard let id else {
                unplaced += 1
                continue
            }
            ids += repeatElement(id.previous, count: unplaced) + [id]
            unplaced = 0
        }
        return ids
    }
}

extension Database {
    /// Whether a row of `messages` has an id that can be read.
    static let hasMessageID = "typeof(ms) = 'integer' AND typeof(seq) = 'integer' AND ms >= 0 AND seq >= 0"

    fileprivate func insert(_ draft: Draft, id: MessageID, stream: Int64) throws {
        try self.run(
            """
            INSERT INTO messages (stream, ms, seq, timestamp, expires_at, audience, metadata, payload, sender, format)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [stream.databaseValue] + id.columns + [
                DatabaseValue(draft.timestamp),
                draft.expiresAt.map { DatabaseValue($0) } ?? .null,
                draft.audience.column,
                draft.metadata.map { DatabaseValue($0) } ?? .null,
                DatabaseValue(draft.payload),
                draft.sender.map { DatabaseValue($0) } ?? .null,
                Int64(draft.format.rawValue).databaseValue,
            ]
        )
    }

    fileprivate func insertMark(of draft: Draft, id: MessageID, topic: TopicKey) throws {
        guard let mark = draft.idempotency else { return }
        try self.run(
            """
            INSERT OR REPLACE INTO idempotency (key, idx, total, expires_at, name, namespace, ms, seq, timestamp)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                DatabaseValue(mark.key.bytes), mark.index.databaseValue, mark.total.databaseValue,
                DatabaseValue(mark.expiresAt),
            ] + topic.columns + id.columns + [DatabaseValue(draft.timestamp)]
        )
    }

    fileprivate func firstAttempt(of draft: Draft) throws -> StoredDraft? {
        guard let mark = draft.idempotency else { return nil }
        return try self.first(
            "SELECT ms, seq, timestamp FROM idempotency WHERE key = ? AND idx = ? AND expires_at > ?",
            [DatabaseValue(mark.key.bytes), mark.index.databaseValue, DatabaseValue(draft.timestamp)]
        ) { row in
            StoredDraft(id: try row.messageID(0), timestamp: try row.required(row.moment(2)), isRepeat: true)
        }
    }

    func deleteMessages(of stream: Int64, through id: MessageID) throws {
        try self.run(
            "DELETE FROM messages WHERE stream = ? AND (ms, seq) <= (?, ?)",
            [stream.databaseValue] + id.columns
        )
    }
}

extension Audience {
    fileprivate var column: DatabaseValue { self.storedText.map { DatabaseValue($0) } ?? .null }
}

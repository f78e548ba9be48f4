import DequeModule
import GRDB
public import RelayCore
public import RelayWire

/// A sweep works in many small transactions. Each is shared with the appends of its moment, so publishers never wait
/// for more than one step.
extension SQLiteStore {
    /// A step that fails, for damage in its table, does not keep the others from making room.
    public func sweep(
        at now: Timestamp,
        retention: RetentionRule
    ) async throws(StoreError) -> [TopicKey: StreamBounds] {
        let cutoff = RetentionCutoff(at: now, retention: retention)
        var trimmed: [TopicKey: StreamBounds] = [:]
        var failure: StoreError?
        do throws(StoreError) { try await self.removeExpired(at: now) } catch { failure = error }
        do throws(StoreError) { try await self.forgetSuperseded(cutoff) } catch { failure = failure ?? error }
        do throws(StoreError) { try await self.removeHidden() } catch { failure = failure ?? error }
        do throws(StoreError) { trimmed = try await self.trimAged(cutoff) } catch { failure = failure ?? error }
        do throws(StoreError) {
            while try await self.write({ db, _ in try db.forgetIdempotency(at: now) }) {}
            while try await self.write({ try $1.forgetBounds(before: cutoff.boundsMilliseconds, in: $0) }) {}
        } catch {
            failure = failure ?? error
        }
        if let failure { throw failure }
        return trimmed
    }

    private func removeExpired(at now: Timestamp) async throws(StoreError) {
        var stuck = 0
        while true {
            let step = try await self.write { [stuck] in try $1.removeExpired(at: now, past: stuck, in: $0) }
            guard step.found > 0 else { return }
            stuck += step.found - step.deleted
        }
    }

    /// Hides what is superseded for too long.
    private func forgetSuperseded(_ cutoff: RetentionCutoff) async throws(StoreError) {
        for topics in try await self.read({ try $0.topicsWithSupersededRows() }).groups {
            try await self.write { db, cache in
                for topic in topics {
                    let milliseconds = cutoff.supersededMilliseconds(of: topic)
                    _ = try cache.updateReadable(topic, in: db) {
                        try $0.forgetSuperseded(before: milliseconds, in: db)
                    }
                }
            }
        }
    }

    private func removeHidden() async throws(StoreError) {
        for topics in try await self.read({ try $0.topicsWithHiddenRows() }).groups {
            try await self.removeHidden(of: topics)
        }
    }

    /// Deletes the rows of what readers no longer see.
    func removeHidden(of topics: [TopicKey]) async throws(StoreError) {
        var pending = topics
        while !pending.isEmpty {
            pending = try await self.write { [pending] db, cache in
                try pending.filter { try cache.updateReadable($0, in: db) { try $0.deleteHidden(in: db) } ?? false }
            }
        }
    }

    private func trimAged(_ cutoff: RetentionCutoff) async throws(StoreError) -> [TopicKey: StreamBounds] {
        guard cutoff.plainMilliseconds != nil || cutoff.pathMilliseconds != nil else { return [:] }
        var trimmed: [TopicKey: StreamBounds] = [:]
        for topics in try await self.read({ try $0.topicsWithAgedMessages(cutoff) }).groups {
            var pending = topics
            while !pending.isEmpty {
                let step = try await self.write { [pending] db, cache in
                    try pending.compactMap { topic -> (TopicKey, Bool, StreamBounds)? in
                        guard let milliseconds = cutoff.messageMilliseconds(of: topic) else { return nil }
                        return try cache.updateReadable(topic, in: db) { stream in
                            (topic, try stream.trimAged(before: milliseconds, in: db), stream.bounds)
                        }
                    }
                }
                let changed = step.filter { $0.1 }
                for (topic, _, bounds) in changed { trimmed[topic] = bounds }
                pending = changed.map { $0.0 }
            }
        }
        return trimmed
    }
}

extension [TopicKey] {
    /// What one transaction takes on.
    fileprivate var groups: [[TopicKey]] {
        stride(from: 0, to: self.count, by: 32).map { Array(self[$0..<Swift.min($0 + 32, self.count)]) }
    }
}

// MARK: - Candidates, looked for on a reader

extension Database {
    fileprivate func topicsWithHiddenRows() throws -> [TopicKey] {
        try self.all(
            """
            SELECT key FROM streams WHERE EXISTS (SELECT 1 FROM messages
            WHERE stream = streams.id AND (ms, seq) <= (streams.trimmed_ms, streams.trimmed_seq))
            OR (kept_ms > 0 OR kept_seq > 0) AND EXISTS (SELECT 1 FROM messages
            WHERE stream = streams.id AND (ms, seq) < (streams.kept_ms, streams.kept_seq))
            """
        ) { $0.storedKey(0) }.compactMap(\.self)
    }

    fileprivate func topicsWithSupersededRows() throws -> [TopicKey] {
        try self.all("SELECT key FROM streams WHERE (snapshot_ms, snapshot_seq) > (kept_ms, kept_seq)") {
            $0.storedKey(0)
        }.compactMap(\.self)
    }

    /// With a path they may be: its kind decides. Rows that no reader gets are many where history is kept: the `+` keeps the search from
    /// beginning with those.
    fileprivate func topicsWithAgedMessages(_ cutoff: RetentionCutoff) throws -> [TopicKey] {
        try self.all(
            """
            SELECT key FROM streams WHERE count > 1 AND EXISTS (SELECT 1 FROM messages
            WHERE stream = streams.id AND ms >= max(streams.trimmed_ms, streams.snapshot_ms)
            AND (+ms, seq) > (streams.trimmed_ms, streams.trimmed_seq)
            AND (+ms, seq) >= (streams.snapshot_ms, streams.snapshot_seq)
            AND ms < \(cutoff.rule.isOne ? "?1" : "CASE WHEN instr(name, x'2f') THEN ?2 ELSE ?1 END"))
            """,
            [cutoff.plainMilliseconds, cutoff.pathMilliseconds].prefix(cutoff.rule.isOne ? 1 : 2).map { milliseconds in
                Int64(clamping: milliseconds ?? 0).databaseValue
            }
        ) { $0.storedKey(0) }.compactMap(\.self)
    }
}

// MARK: - Steps, on the writer

/// Rows that one step deletes of one topic, or of one table.
private let stepRows = 512

extension Database {
    /// - Returns: whether there may be more.
    fileprivate func forgetIdempotency(at now: Timestamp) throws -> Bool {
        try self.changes(
            """
            DELETE FROM idempotency WHERE (key, idx) IN
            (SELECT key, idx FROM idempotency WHERE expires_at <= ? LIMIT ?)
            """,
            [DatabaseValue(now), stepRows.databaseValue]
        )
    }
}

extension StreamCache {
    /// Removes messages whose `ttl` ran out. Those that are hidden already don't count any more.
    ///
    /// - Parameter stuck: how many that can't be deleted were found so far: the index has them, and the table does not. They come first.
    /// - Returns: how many more were found, and how many of those are deleted.
    fileprivate mutating func removeExpired(
        at now: Timestamp,
        past stuck: Int,
        in db: Database
    ) throws -> (found: Int, deleted: Int) {
        // Streams that begin in this transaction have their rows too.
        try self.flush(to: db)
        let expired = try db.all(
            """
            SELECT streams.key, stream, ms, seq FROM
            (SELECT stream, ms, seq FROM messages WHERE expires_at <= ? ORDER BY expires_at LIMIT ? OFFSET ?)
            LEFT JOIN streams ON streams.id = stream
            """,
            [DatabaseValue(now), stepRows.databaseValue, stuck.databaseValue]
        ) { row in
            (topic: row.storedKey(0), place: try (1...3).map { try row.value($0) }, id: try? row.storedID(2))
        }
        var deleted = 0
        for message in expired {
            // By what is there, be it damaged: what can't be deleted would come first in every sweep.
            let isGone = try db.changes("DELETE FROM messages WHERE stream = ? AND ms = ? AND seq = ?", message.place)
            guard isGone else { continue }
            deleted += 1
            guard let topic = message.topic else { continue }
            _ = try self.updateReadable(topic, in: db) { $0.forget(message.id) }
        }
        return (expired.count, deleted)
    }

    /// - Returns: whether there may be more.
    fileprivate mutating func forgetBounds(before milliseconds: UInt64, in db: Database) throws -> Bool {
        try self.flush(to: db)
        self.reset()
        return try db.changes(
            """
            DELETE FROM streams WHERE id IN (SELECT id FROM streams WHERE count = 0 AND last_ms < ?
            AND NOT EXISTS (SELECT 1 FROM topics WHERE topics.key = streams.key)
            AND NOT EXISTS (SELECT 1 FROM messages WHERE stream = streams.id) LIMIT ?)
            """,
            [Int64(clamping: milliseconds).databaseValue, stepRows.databaseValue]
        )
    }
}

extension StreamState {
    /// - Parameter id: nil where it can't be read: the message counts as one that was still shown.
    fileprivate mutating func forget(_ id: MessageID?) {
        self.oldest = []
        guard id ?? .max > self.shownAfter, self.bounds.count > 0 else { return }
        self.bounds.count -= 1
        self.isChanged = true
    }

    /// - Returns: whether rows are left.
    fileprivate mutating func deleteHidden(in db: Database) throws -> Bool {
        let end = try db.first(
            """
            SELECT ms, seq FROM messages WHERE stream = ? AND (ms, seq) <= (?, ?) AND \(Database.hasMessageID)
            ORDER BY ms, seq LIMIT 1 OFFSET ?
            """,
            [self.id.databaseValue] + self.goneThrough.columns + [(stepRows - 1).databaseValue]
        ) { try $0.storedID(0) }
        try db.deleteMessages(of: self.id, through: end ?? self.goneThrough)
        self.hidden = end == nil ? 0 : max(0, self.hidden - stepRows)
        return end != nil
    }

    /// Trims what is too old, but never the newest message.
    ///
    /// - Returns: whether something was trimmed; then there may be more.
    fileprivate mutating func trimAged(before milliseconds: UInt64, in db: Database) throws -> Bool {
        let kept = [self.id.databaseValue] + self.shownAfter.columns
        let newest = try db.first(
            """
            SELECT ms, seq FROM messages WHERE stream = ? AND (ms, seq) > (?, ?) AND \(Database.hasMessageID)
            ORDER BY ms DESC, seq DESC LIMIT 1
            """,
            kept
        ) { try $0.storedID(0) }
        guard let newest else { return false }
        let rows = try db.all(
            """
            SELECT ms, seq FROM messages WHERE stream = ? AND (ms, seq) > (?, ?) AND (ms, seq) < (?, ?) AND ms < ?
            ORDER BY ms, seq LIMIT ?
            """,
            kept + newest.columns + [Int64(clamping: milliseconds).databaseValue, stepRows.databaseValue]
        ) { try? $0.storedID(0) }
        // Rows right before the newest message have their place by that.
        let aged = rows.count < stepRows ? (rows + [newest]).placed.dropLast() : rows.placed[...]
        guard let last = aged.last else { return false }
        self.bounds.trimmedThrough = last
        self.bounds.count = max(1, self.bounds.count - aged.count)
        self.oldest = []
        self.isChanged = true
        guard self.snapshot == .zero else {
            self.forgetSnapshots()
            return true
        }
        self.hidden = 0
        try db.deleteMessages(of: self.id, through: last)
        return true
    }
}

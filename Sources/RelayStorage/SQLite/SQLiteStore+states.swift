import GRDB
import NIOCore
public import RelayCore

/// Topics whose kinds keep a state with them.
extension SQLiteStore {
    public func transition(_ transition: TopicTransition) async throws(StoreError) -> TransitionOutcome {
        let isDeletion = transition.record == nil
        let outcome = try await self.write(cost: transition.cost, needsRoom: !isDeletion) { [places] db, cache in
            try db.carryOut(transition, with: &cache, places)
        }
        // As at any deletion.
        if isDeletion, self.writer.needsRoom { try? await self.removeHidden(of: [transition.key] + transition.erased) }
        return outcome
    }

    public func topics(
        ofKind kind: String,
        after key: TopicKey?,
        limit: Int
    ) async throws(StoreError) -> [StoredTopic] {
        let start = key.map { DatabaseValue($0) } ?? DatabaseValue([UInt8]())
        return try await readablePage(limit) { (limit) async throws(StoreError) in
            try await self.read { [places] db in
                try db.topics(
                    """
                    key IN (SELECT topic FROM states WHERE kind = ?1 AND topic > ?2 ORDER BY topic LIMIT ?3)
                    ORDER BY key LIMIT ?3
                    """,
                    [DatabaseValue(kind), start, limit.databaseValue],
                    places
                )
            }
        }
    }
}

extension TopicTransition {
    /// See ``WriteJob/cost``.
    fileprivate var cost: Int {
        SQLiteStore.smallJob + (self.record?.state?.bytes.readableBytes ?? 0) + (self.batch?.memoryCost ?? 0)
    }
}

extension Database {
    fileprivate func carryOut(
        _ transition: TopicTransition,
        with cache: inout StreamCache,
        _ places: UnreadableRecords
    ) throws -> TransitionOutcome {
        let known = try self.topic(transition.key, with: &cache, places)
        guard known.map({ $0.record.state?.revision ?? 0 }) == transition.expected else { return .conflict(known) }
        guard let record = transition.record else {
            try self.run("DELETE FROM topics WHERE key = ?", [DatabaseValue(transition.key)])
            try self.purge(transition.erased, with: &cache)
            let bounds = try cache.update(transition.key, in: self) { stream in
                stream.purge()
                return stream.bounds
            }
            return .deleted(bounds ?? StreamBounds())
        }
        if known == nil {
            if let bound = try self.refusal(of: record, transition.quota) { return .refused(bound) }
            _ = try self.create(record, within: .unlimited, with: &cache, places)
        }
        try self.setState(of: record)
        try self.purge(transition.erased, with: &cache)
        let receipt = try transition.batch.map { try cache.append($0, to: self) }
        guard let stored = try self.topic(record.key, with: &cache, places) else {
            throw StoreError(.corrupt, "topic \(record.key) is there and can't be found")
        }
        return .changed(stored, receipt)
    }

    func purge(_ streams: [TopicKey], with cache: inout StreamCache) throws {
        for key in streams { _ = try cache.update(key, in: self) { $0.purge() } }
    }

    private func refusal(of record: TopicRecord, _ quota: TopicQuota) throws -> TopicQuota.Bound? {
        var (owned, total) = (0, 0)
        var counts = try self.rows(
            "SELECT owner = '', count FROM state_counts WHERE kind = ? AND owner IN (?, '')",
            [DatabaseValue(record.kind), DatabaseValue(record.owner)]
        )
        while let row = try counts.next() {
            if try row.integer(0) == 0 { owned = Int(try row.integer(1)) } else { total = Int(try row.integer(1)) }
        }
        return quota.refusal(owned: owned, total: total)
    }

    private func setState(of record: TopicRecord) throws {
        guard let state = record.state else { return }
        try self.run(
            """
            INSERT INTO states (topic, kind, owner, revision, state) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (topic) DO UPDATE SET revision = excluded.revision, state = excluded.state
            """,
            [
                DatabaseValue(record.key), DatabaseValue(record.kind), DatabaseValue(record.owner),
                Int64(clamping: state.revision).databaseValue, DatabaseValue(state.bytes),
            ]
        )
    }
}

extension Row {
    /// From the columns `revision` and `state`; nil where they are NULL.
    func state(_ column: Int) throws(StoreError) -> StoredState? {
        guard let revision = try self.number(column) else { return nil }
        return StoredState(bytes: try self.buffer(column + 1) ?? ByteBuffer(), revision: UInt64(max(0, revision)))
    }
}

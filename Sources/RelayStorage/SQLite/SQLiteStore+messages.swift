import GRDB
import NIOCore
public import RelayCore
public import RelayWire

extension SQLiteStore: MessageStore {
    public var durability: Durability { .synced }

    public func append(
        _ batch: AppendBatch,
        completion: @escaping @Sendable (Result<AppendReceipt, StoreError>) -> Void
    ) {
        self.submit(cost: batch.memoryCost, needsRoom: true, { try $1.append(batch, to: $0) }, completion)
    }

    public func read(
        _ request: ReadRequest,
        completion: @escaping @Sendable (Result<StoredPage, StoreError>) -> Void
    ) {
        self.read({ [places = self.places] in try $0.page(request, places) }, completion)
    }

    public func putSnapshot(_ snapshot: StreamSnapshot) async throws(StoreError) -> SnapshotOutcome {
        let cost = Self.smallJob + snapshot.payload.readableBytes
        let bounds = try await self.write(cost: cost, needsRoom: true) { db, cache in
            try cache.update(snapshot.topic, in: db) { try $0.put(snapshot, in: db) } ?? nil
        }
        guard let bounds else { return .outdated }
        // It is stored. What can't be removed now is left to the sweep.
        try? await self.removeHidden(of: [snapshot.topic])
        return .stored(bounds)
    }

    public func bounds(of topic: TopicKey) async throws(StoreError) -> StreamBounds {
        try await self.read { try StreamCache.load(topic, from: $0)?.bounds ?? StreamBounds() }
    }

    public func erase(_ streams: [TopicKey]) async throws(StoreError) {
        try await self.write { db, cache in
            for key in streams { _ = try cache.update(key, in: db) { $0.purge() } }
        }
    }

    public func idempotencyEntries(
        for key: IdempotencyKey,
        at now: Timestamp
    ) async throws(StoreError) -> [IdempotencyEntry] {
        try await self.read { db in
            try db.all(
                """
                SELECT idx, total, expires_at, name, namespace, ms, seq, timestamp
                FROM idempotency WHERE key = ? AND expires_at > ? ORDER BY idx
                """,
                [DatabaseValue(key.bytes), DatabaseValue(now)]
            ) { try IdempotencyEntry(key: key, row: $0) }
        }
    }
}

extension StreamCache {
    mutating func append(_ batch: AppendBatch, to db: Database) throws -> AppendReceipt {
        try self.create(batch.topic, in: db)
        let receipt = try self.update(batch.topic, in: db) { try $0.append(batch, to: db) }
        guard let receipt else { throw StoreError(.corrupt, "the stream of \(batch.topic) can't be found") }
        return receipt
    }
}

extension IdempotencyEntry {
    fileprivate init(key: IdempotencyKey, row: Row) throws {
        let mark = IdempotencyMark(
            key: key,
            index: Int(try row.integer(0)),
            total: Int(try row.integer(1)),
            expiresAt: try row.required(row.moment(2))
        )
        self.init(
            mark: mark,
            topic: try row.topicKey(3),
            id: try row.messageID(5),
            timestamp: try row.required(row.moment(7))
        )
    }
}

// MARK: - Reading a page

extension Database {
    fileprivate func page(_ request: ReadRequest, _ places: UnreadableRecords) throws -> StoredPage {
        guard let stream = try StreamCache.load(request.topic, from: self) else {
            return StoredPage(messages: [], hasMore: false, bounds: StreamBounds())
        }
        var builder = PageBuilder(request)
        var rows = try self.rows(request, of: stream)
        while let row = try rows.next() {
            let goesOn: Bool
            do throws(StoreError) {
                goesOn = builder.offer(try Message(row: row))
            } catch {
                places.note("message \(row.shown(0))-\(row.shown(1)) of topic \(request.topic)", error)
                goesOn = builder.offerUnreadable(try? row.storedID(0))
            }
            guard goesOn else { break }
        }
        return builder.page(bounds: stream.bounds)
    }

    private func rows(_ request: ReadRequest, of stream: StreamState) throws -> Rows {
        let (first, last, order) =
            switch request.range {
            case .forward(let after, let through):
                (after, request.end(through, after, stream.snapshot), "ms, seq")
            case .backward(let before): (.zero, before?.previous ?? .max, "ms DESC, seq DESC")
            }
        let start = request.includesSuperseded ? stream.goneThrough : stream.shownAfter
        return try self.rows(
            """
            SELECT ms, seq, timestamp, expires_at, audience, metadata, payload, sender, format, is_snapshot
            FROM messages
            WHERE stream = ? AND (ms, seq) > (?, ?) AND (ms, seq) <= (?, ?)
            AND (expires_at IS NULL OR expires_at > ?) ORDER BY \(order)
            """,
            [stream.id.databaseValue] + max(first, start).columns + last.columns
                + [DatabaseValue(request.now)]
        )
    }
}

extension Message {
    fileprivate init(row: Row) throws(StoreError) {
        self.init(
            id: try row.storedID(0),
            timestamp: try row.required(row.moment(2)),
            payload: try row.required(row.buffer(6)),
            format: try row.format(8),
            metadata: try row.buffer(5),
            expiresAt: try row.moment(3),
            audience: Audience(storedText: try row.text(4)),
            sender: try row.text(7),
            isSnapshot: try row.integer(9) != 0
        )
    }
}

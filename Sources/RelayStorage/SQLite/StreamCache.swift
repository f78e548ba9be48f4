import GRDB
import RelayCore
import RelayWire

/// The streams in use, owned by the writer. Rows are read on first use and written once per transaction, however many
/// messages were appended.
///
/// Right only as long as no other process appends: relays are kept apart by ``DirectoryLock``, and guests never append.
struct StreamCache {
    /// At some 2 KB each.
    private static let limit = 16_384

    private var streams: [TopicKey: StreamState] = [:]
    private var changed: [TopicKey] = []
    /// Of the next stream that begins; nil where the file has to be asked.
    private var nextID: Int64?

    /// Forgets everything where it has become too much; what is needed is read again.
    mutating func makeRoom() {
        if self.streams.count > Self.limit { self.reset() }
    }

    mutating func reset() {
        self.streams.removeAll()
        self.changed.removeAll()
        self.nextID = nil
    }

    mutating func bounds(of topic: TopicKey, in db: Database) throws -> StreamBounds? {
        try self.update(topic, in: db) { $0.bounds }
    }

    /// - Returns: nil where the topic has no stream yet.
    mutating func update<Value>(
        _ topic: TopicKey,
        in db: Database,
        _ change: (inout StreamState) throws -> Value
    ) throws -> Value? {
        if self.streams[topic] == nil { self.streams[topic] = try Self.load(topic, from: db) }
        guard let place = self.streams.index(forKey: topic) else { return nil }
        let wasChanged = self.streams.values[place].isChanged
        let value = try change(&self.streams.values[place])
        if !wasChanged, self.streams.values[place].isChanged { self.changed.append(topic) }
        return value
    }

    /// As ``update(_:in:_:)``, for sweeps, which go on with the others: nil also where the stream's row can't be read back. Who appends to
    /// it or reads it is told.
    mutating func updateReadable<Value>(
        _ topic: TopicKey,
        in db: Database,
        _ change: (inout StreamState) throws -> Value
    ) throws -> Value? {
        do {
            return try self.update(topic, in: db, change)
        } catch let error as StoreError where error.code == .corrupt {
            return nil
        }
    }

    /// Begins the topic's stream where it has none. Its row is inserted with what is appended to it in this transaction.
    mutating func create(_ topic: TopicKey, in db: Database) throws {
        guard try self.bounds(of: topic, in: db) == nil else { return }
        let id =
            try self.nextID ?? db.first("SELECT coalesce(max(id), 0) + 1 FROM streams", []) { try $0.integer(0) } ?? 1
        self.nextID = id + 1
        self.streams[topic] = StreamState(newWithID: id)
        self.changed.append(topic)
    }

    /// One statement for each stream that was changed.
    mutating func flush(to db: Database) throws {
        for topic in self.changed {
            guard let state = self.streams[topic] else { continue }
            if state.isNew { try db.insert(state, topic) } else { try db.update(state) }
            self.streams[topic]?.isNew = false
            self.streams[topic]?.isChanged = false
        }
        self.changed.removeAll(keepingCapacity: true)
    }

    static func load(_ topic: TopicKey, from db: Database) throws -> StreamState? {
        try db.first(
            """
            SELECT id, \(StreamBounds.columns), snapshot_ms, snapshot_seq, kept_ms, kept_seq FROM streams
            WHERE key = ?
            """,
            [DatabaseValue(topic)]
        ) { row in
            var state = StreamState(id: try row.integer(0), bounds: try row.bounds(1))
            (state.snapshot, state.kept) = (try row.messageID(9), try row.messageID(11))
            return state
        }
    }
}

extension Database {
    fileprivate func insert(_ stream: StreamState, _ topic: TopicKey) throws {
        try self.run(
            """
            INSERT INTO streams (id, key, name, namespace, last_ms, last_seq, trimmed_ms, trimmed_seq, count,
            epoch, epoch_ms, epoch_seq, snapshot_ms, snapshot_seq, kept_ms, kept_seq)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [stream.id.databaseValue, DatabaseValue(topic)] + topic.columns + stream.columns
        )
    }

    fileprivate func update(_ stream: StreamState) throws {
        try self.run(
            """
            UPDATE streams SET last_ms = ?, last_seq = ?, trimmed_ms = ?, trimmed_seq = ?, count = ?,
            epoch = ?, epoch_ms = ?, epoch_seq = ?, snapshot_ms = ?, snapshot_seq = ?, kept_ms = ?, kept_seq = ?
            WHERE id = ?
            """,
            stream.columns + [stream.id.databaseValue]
        )
    }
}

extension TopicKey {
    /// Name and namespace.
    var columns: [DatabaseValue] {
        [DatabaseValue(self.name.rawValue), self.namespace.map { DatabaseValue($0) } ?? .null]
    }
}

extension StreamEpoch {
    var idColumn: DatabaseValue { Int64(bitPattern: self.id).databaseValue }
}

extension StreamState {
    /// What its row has beside its names.
    fileprivate var columns: [DatabaseValue] { self.bounds.columns + self.snapshot.columns + self.kept.columns }
}

extension StreamBounds {
    /// Of `streams`, as ``Row/bounds(_:)`` reads them.
    static let columns = "last_ms, last_seq, trimmed_ms, trimmed_seq, count, epoch, epoch_ms, epoch_seq"

    /// In the order of ``columns``.
    fileprivate var columns: [DatabaseValue] {
        self.last.columns + self.trimmedThrough.columns + [self.count.databaseValue, self.epoch.idColumn]
            + self.epoch.start.columns
    }
}

extension Row {
    /// From the eight columns of ``StreamBounds/columns``. Zero where they are NULL.
    func bounds(_ column: Int) throws(StoreError) -> StreamBounds {
        StreamBounds(
            epoch: StreamEpoch(
                id: UInt64(bitPattern: try self.number(column + 5) ?? 0),
                start: try self.messageID(column + 6)
            ),
            last: try self.messageID(column),
            trimmedThrough: try self.messageID(column + 2),
            count: Int(try self.number(column + 4) ?? 0)
        )
    }
}

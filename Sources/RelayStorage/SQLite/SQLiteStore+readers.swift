import GRDB
public import RelayCore
public import RelayWire

extension SQLiteStore: ReaderStore {
    public func createReader(
        _ reader: StoredReader,
        within quota: ReaderQuota
    ) async throws(StoreError) -> ReaderCreation {
        try await self.write(needsRoom: true) { db, _ in try db.create(reader, within: quota) }
    }

    public func reader(_ reader: NamedReader) async throws(StoreError) -> StoredReader? {
        try await self.read { try $0.reader(reader) }
    }

    public func moveReaders(_ moves: [ReaderMove]) async throws(StoreError) -> [ReaderPosition?] {
        guard !moves.isEmpty else { return [] }
        return try await self.write(cost: moves.count * Self.smallJob) { db, _ in try moves.map { try db.move($0) } }
    }

    public func readers(
        of topic: TopicKey,
        ofUser user: UserID?,
        after reader: NamedReader?,
        limit: Int
    ) async throws(StoreError) -> [StoredReader] {
        try await readablePage(limit) { (limit) async throws(StoreError) in
            try await self.read { [places] db in
                try db.readable(
                    """
                    \(Database.selectReaders) WHERE topic = ?1 AND (?2 IS NULL OR user = ?2) AND (user, name) > (?3, ?4)
                    ORDER BY user, name LIMIT ?5
                    """,
                    [
                        DatabaseValue(topic), user.map { DatabaseValue($0) } ?? .null,
                        DatabaseValue(reader?.user.rawValue ?? ""), DatabaseValue(reader?.name.rawValue ?? ""),
                        max(0, limit).databaseValue,
                    ],
                    places,
                    { "reader \($0.shown(1)) of topic \(topic)" },
                    { try StoredReader(row: $0, of: topic) }
                )
            }
        }
    }

    public func deleteReader(_ reader: NamedReader) async throws(StoreError) -> Bool {
        try await self.write { db, _ in
            try db.changes("DELETE FROM readers WHERE topic = ? AND user = ? AND name = ?", reader.columns)
        }
    }

    public func sweepReaders(unusedSince moment: Timestamp) async throws(StoreError) {
        // In steps, so that publishers never wait for more than one.
        while try await self.write({ db, _ in
            try db.changes(
                """
                DELETE FROM readers WHERE (topic, user, name) IN
                (SELECT topic, user, name FROM readers WHERE used_at < ? LIMIT 512)
                """,
                [DatabaseValue(moment)]
            )
        }) {}
    }
}

// MARK: - Rows

extension Database {
    fileprivate static let selectReaders = "SELECT user, name, epoch, ms, seq, created_at, used_at FROM readers"

    fileprivate func reader(_ reader: NamedReader) throws -> StoredReader? {
        try self.first("\(Self.selectReaders) WHERE topic = ? AND user = ? AND name = ?", reader.columns) {
            try StoredReader(row: $0, of: reader.topic)
        }
    }

    fileprivate func create(_ reader: StoredReader, within quota: ReaderQuota) throws -> ReaderCreation {
        if let known = try self.reader(reader.reader) { return .existed(known) }
        let counts = try self.first(
            """
            SELECT (SELECT count(*) FROM readers WHERE topic = ?1), (SELECT count(*) FROM readers WHERE user = ?2)
            FROM topics WHERE key = ?1
            """,
            [DatabaseValue(reader.reader.topic), DatabaseValue(reader.reader.user)]
        ) { (topic: Int(try $0.integer(0)), user: Int(try $0.integer(1))) }
        guard let counts else { return .topicMissing }
        if let bound = quota.refusal(topicCount: counts.topic, userCount: counts.user) { return .refused(bound) }
        try self.run(
            """
            INSERT INTO readers (topic, user, name, epoch, ms, seq, created_at, used_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            reader.reader.columns + reader.position.columns
                + [DatabaseValue(reader.createdAt), DatabaseValue(reader.usedAt)]
        )
        return .created
    }

    fileprivate func move(_ move: ReaderMove) throws -> ReaderPosition? {
        guard let moved = try self.reader(move.reader)?.moved(by: move) else { return nil }
        try self.run(
            "UPDATE readers SET epoch = ?, ms = ?, seq = ?, used_at = ? WHERE topic = ? AND user = ? AND name = ?",
            moved.position.columns + [DatabaseValue(moved.usedAt)] + move.reader.columns
        )
        return moved.position
    }
}

extension NamedReader {
    fileprivate var columns: [DatabaseValue] {
        [DatabaseValue(self.topic), DatabaseValue(self.user), DatabaseValue(self.name.rawValue)]
    }
}

extension ReaderPosition {
    /// The epoch's bits, and the id.
    fileprivate var columns: [DatabaseValue] { [Int64(bitPattern: self.epoch).databaseValue] + self.id.columns }
}

extension StoredReader {
    fileprivate init(row: Row, of topic: TopicKey) throws {
        guard let name = ReaderName(try row.required(row.text(1))) else {
            throw StoreError(.corrupt, "no reader is called \(row.shown(1))")
        }
        self.init(
            reader: NamedReader(topic: topic, user: UserID(try row.required(row.text(0))), name: name),
            position: ReaderPosition(epoch: UInt64(bitPattern: try row.integer(2)), id: try row.storedID(3)),
            createdAt: try row.required(row.moment(5)),
            usedAt: try row.required(row.moment(6))
        )
    }
}

import GRDB
public import RelayCore

extension SQLiteStore: TopicStore {
    public func topic(_ key: TopicKey) async throws(StoreError) -> StoredTopic? {
        try await self.read { [places] in try $0.topic(key, places) }
    }

    public func topicAndBounds(
        _ key: TopicKey
    ) async throws(StoreError) -> (topic: StoredTopic?, bounds: StreamBounds) {
        try await self.read { [places] db in
            let stored = try db.topic(key, places)
            if let stored { return (stored, stored.bounds) }
            return (nil, try StreamCache.load(key, from: db)?.bounds ?? StreamBounds())
        }
    }

    public func createTopic(
        _ record: TopicRecord,
        within quota: TopicQuota
    ) async throws(StoreError) -> TopicCreation {
        try await self.write(needsRoom: true) { [places] in try $0.create(record, within: quota, with: &$1, places) }
    }

    public func createTopic(
        _ record: TopicRecord,
        within quota: TopicQuota,
        appending batch: AppendBatch
    ) async throws(StoreError) -> FirstAppend {
        try await self.write(cost: Self.smallJob + batch.memoryCost, needsRoom: true) { [places] db, cache in
            switch try db.create(record, within: quota, beginningStream: true, with: &cache, places) {
            case .existed(let topic): return .existed(topic)
            case .refused(let bound): return .refused(bound)
            case .created(var topic):
                let receipt = try cache.append(batch, to: db)
                topic.bounds = receipt.bounds
                return .created(topic, receipt)
            }
        }
    }

    public func updateTopic(_ key: TopicKey, _ changes: TopicChanges) async throws(StoreError) -> StoredTopic? {
        try await self.write { [places] db, cache in
            try db.run(
                """
                UPDATE topics SET is_public = coalesce(?, is_public), description = coalesce(?, description),
                durability = CASE WHEN ? THEN ? ELSE durability END, anonymous = coalesce(?, anonymous)
                WHERE key = ?
                """,
                [
                    changes.isPublic.databaseValue, changes.description.map { DatabaseValue($0) } ?? .null,
                    (changes.durability != nil).databaseValue, DatabaseValue(changes.durability?.durability),
                    changes.anonymous.map { DatabaseValue($0.rawValue) } ?? .null,
                    DatabaseValue(key),
                ]
            )
            return try db.topic(key, with: &cache, places)
        }
    }

    public func deleteTopic(
        _ key: TopicKey,
        erasing parts: [TopicKey]
    ) async throws(StoreError) -> StreamBounds? {
        let bounds: StreamBounds? = try await self.write { db, cache in
            guard try db.changes("DELETE FROM topics WHERE key = ?", [DatabaseValue(key)]) else { return nil }
            try db.purge(parts, with: &cache)
            let bounds = try cache.update(key, in: db) { stream in
                stream.purge()
                return stream.bounds
            }
            return bounds ?? StreamBounds()
        }
        // On a full disk others wait for the room. What can't be removed now is left to the sweep.
        if bounds != nil, self.writer.needsRoom { try? await self.removeHidden(of: [key] + parts) }
        return bounds
    }

    public func addGrant(_ grant: Grant, to key: TopicKey, limit: Int) async throws(StoreError) -> GrantAddition {
        try await self.write { db, _ in
            let known = try db.first(
                "SELECT count(*), coalesce(sum(user = ?), 0) FROM grants WHERE topic = ?",
                [DatabaseValue(grant.user), DatabaseValue(key)]
            ) { (count: Int(try $0.integer(0)), hasUser: try $0.integer(1) > 0) }
            guard let known, !known.hasUser else { return .unchanged }
            guard known.count < limit else { return .refused }
            let isNew = try db.changes(
                "INSERT INTO grants (topic, user, granted_at) SELECT key, ?, ? FROM topics WHERE key = ?",
                [DatabaseValue(grant.user), DatabaseValue(grant.grantedAt), DatabaseValue(key)]
            )
            return isNew ? .added : .unchanged
        }
    }

    public func removeGrant(of user: UserID, from key: TopicKey) async throws(StoreError) -> Bool {
        try await self.write { db, _ in
            try db.changes(
                "DELETE FROM grants WHERE topic = ? AND user = ?",
                [DatabaseValue(key), DatabaseValue(user)]
            )
        }
    }

    public func topics(
        of user: UserID,
        after key: TopicKey?,
        limit: Int
    ) async throws(StoreError) -> [StoredTopic] {
        let start = key.map { DatabaseValue($0) } ?? DatabaseValue([UInt8]())
        // Each of the two stops at the page's size, in the order of its index.
        return try await readablePage(limit) { (limit) async throws(StoreError) in
            try await self.read { [places] db in
                try db.topics(
                    """
                    key IN (
                        SELECT * FROM (SELECT key FROM topics WHERE owner = ?1 AND key > ?2 ORDER BY key LIMIT ?3)
                        UNION
                        SELECT * FROM (SELECT topic FROM grants WHERE user = ?1 AND topic > ?2 ORDER BY topic LIMIT ?3)
                    ) ORDER BY key LIMIT ?3
                    """,
                    [DatabaseValue(user), start, limit.databaseValue],
                    places
                )
            }
        }
    }

    public func topicNames(ownedBy user: UserID, limit: Int) async throws(StoreError) -> [String] {
        try await readablePage(limit) { (limit) async throws(StoreError) in
            try await self.read { [places] db in
                try db.readable(
                    "SELECT name, key FROM topics WHERE owner = ? ORDER BY name LIMIT ?",
                    [DatabaseValue(user), limit.databaseValue],
                    places,
                    { "topic \($0.shown(1))" },
                    { try $0.required($0.text(0)) }
                )
            }
        }
    }

    public func topics(after key: TopicKey?, limit: Int) async throws(StoreError) -> [StoredTopic] {
        // No key is empty, so the empty BLOB lies before them all.
        let start = key.map { DatabaseValue($0) } ?? DatabaseValue([UInt8]())
        return try await readablePage(limit) { (limit) async throws(StoreError) in
            try await self.read { [places] db in
                try db.topics("key > ? ORDER BY key LIMIT ?", [start, limit.databaseValue], places)
            }
        }
    }

    public func topicCounts() async throws(StoreError) -> TopicCounts {
        try await self.read { db in
            let counts = try db.first(
                "SELECT count(*), count(*) FILTER (WHERE typeof(is_public) = 'integer' AND is_public <> 0) FROM topics",
                []
            ) { row in
                TopicCounts(total: Int(try row.integer(0)), publicTopics: Int(try row.integer(1)))
            }
            return counts ?? TopicCounts(total: 0, publicTopics: 0)
        }
    }
}

// MARK: - Rows

extension Database {
    /// - Parameter beginningStream: whether messages follow, so that the topic gets a stream where it has none.
    func create(
        _ record: TopicRecord,
        within quota: TopicQuota,
        beginningStream: Bool = false,
        with cache: inout StreamCache,
        _ places: UnreadableRecords
    ) throws -> TopicCreation {
        let refusal = try self.refusal(of: record.owner, quota)
        guard try refusal == nil && self.insert(record) else {
            if let topic = try self.topic(record.key, with: &cache, places) { return .existed(topic) }
            guard let refusal else { throw StoreError(.corrupt, "topic \(record.key) is there and can't be found") }
            return .refused(refusal)
        }
        if beginningStream { try cache.create(record.key, in: self) }
        let bounds = try cache.update(record.key, in: self) { stream in
            stream.purge()
            return stream.bounds
        }
        return .created(StoredTopic(record: record, grants: [], bounds: bounds ?? StreamBounds()))
    }

    /// What of the quota one more topic of this owner would exceed.
    fileprivate func refusal(of owner: UserID, _ quota: TopicQuota) throws -> TopicQuota.Bound? {
        var (owned, total) = (0, 0)
        var counts = try self.rows(
            "SELECT owner = '', count FROM topic_counts WHERE owner IN (?, '')",
            [DatabaseValue(owner)]
        )
        while let row = try counts.next() {
            if try row.integer(0) == 0 { owned = Int(try row.integer(1)) } else { total = Int(try row.integer(1)) }
        }
        return quota.refusal(owned: owned, total: total)
    }

    /// - Returns: false where the topic is there already.
    fileprivate func insert(_ record: TopicRecord) throws -> Bool {
        try self.changes(
            """
            INSERT INTO topics (key, id, name, namespace, kind, owner, created_at, is_public, description, durability,
            anonymous) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING
            """,
            [DatabaseValue(record.key), DatabaseValue(record.id)] + record.key.columns + [
                DatabaseValue(record.kind), DatabaseValue(record.owner), DatabaseValue(record.createdAt),
                record.isPublic.databaseValue, record.description.map { DatabaseValue($0) } ?? .null,
                DatabaseValue(record.durability),
                record.anonymous == .none ? .null : DatabaseValue(record.anonymous.rawValue),
            ]
        )
    }

    /// - Throws: `corrupt` where its record can't be read back: what is there must not be taken for free.
    fileprivate func topic(_ key: TopicKey, _ places: UnreadableRecords) throws -> StoredTopic? {
        guard let found = try self.topics("key = ?", [DatabaseValue(key)], places).first else { return nil }
        guard let topic = found else { throw StoreError(.corrupt, "the record of topic \(key) can't be read") }
        return topic
    }

    /// On the writer, where the file's bounds may be behind those of the transaction.
    func topic(
        _ key: TopicKey,
        with cache: inout StreamCache,
        _ places: UnreadableRecords
    ) throws -> StoredTopic? {
        guard var topic = try self.topic(key, places) else { return nil }
        topic.bounds = try cache.bounds(of: key, in: self) ?? StreamBounds()
        return topic
    }

    func topics(
        _ condition: String,
        _ arguments: [DatabaseValue],
        _ places: UnreadableRecords
    ) throws -> [StoredTopic?] {
        let topics = try self.readable(
            """
            SELECT topics.id, topics.name, topics.namespace, topics.kind, topics.owner, created_at, is_public, description,
            durability, \(StreamBounds.columns), topics.key, revision, state, anonymous
            FROM (SELECT * FROM topics WHERE \(condition)) AS topics
            LEFT JOIN streams ON streams.key = topics.key
            LEFT JOIN states ON states.topic = topics.key ORDER BY topics.key
            """,
            arguments,
            places,
            { "topic \($0.shown(17))" },
            { StoredTopic(record: try TopicRecord(row: $0), grants: [], bounds: try $0.bounds(9)) }
        )
        return try topics.map { topic in
            guard var topic else { return nil }
            topic.grants = try self.grants(on: topic.record.key, places)
            return topic
        }
    }

    private func grants(on key: TopicKey, _ places: UnreadableRecords) throws -> [Grant] {
        let grants = try self.readable(
            "SELECT user, granted_at FROM grants WHERE topic = ? ORDER BY user",
            [DatabaseValue(key)],
            places,
            { "grant of topic \(key) for user \($0.shown(0))" },
            { Grant(user: UserID(try $0.required($0.text(0))), grantedAt: try $0.required($0.moment(1))) }
        )
        return grants.compactMap { $0 }
    }
}

extension TopicRecord {
    fileprivate init(row: Row) throws {
        self.init(
            id: try row.required(row.text(0)),
            key: try row.topicKey(1),
            kind: try row.required(row.text(3)),
            owner: UserID(try row.required(row.text(4))),
            createdAt: try row.required(row.moment(5)),
            isPublic: try row.integer(6) != 0,
            description: try row.text(7),
            durability: try row.durability(8),
            anonymous: try AnonymousAccess(stored: row.text(20)),
            state: try row.state(18)
        )
    }
}

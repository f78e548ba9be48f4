public import RelayCore
import Synchronization

extension MemoryStore: TopicStore {
    public func topic(_ key: TopicKey) async throws(StoreError) -> StoredTopic? {
        try self.checkOpen()
        return self.topicTable.withLock { self.stored(key, in: $0) }
    }

    public func createTopic(_ record: TopicRecord) async throws(StoreError) -> (topic: StoredTopic, isNew: Bool) {
        try self.checkOpen()
        return self.topicTable.withLock { table in
            let isNew = table.create(record)
            if isNew { self.withLog(of: record.key) { $0.purge() } }
            let topic = self.stored(record.key, in: table)
            return (topic ?? StoredTopic(record: record, grants: [], bounds: StreamBounds()), isNew)
        }
    }

    public func updateTopic(_ key: TopicKey, _ changes: TopicChanges) async throws(StoreError) -> StoredTopic? {
        try self.checkOpen()
        return self.topicTable.withLock { table in
            table.update(key, changes)
            return self.stored(key, in: table)
        }
    }

    public func deleteTopic(_ key: TopicKey) async throws(StoreError) -> StreamBounds? {
        try self.checkOpen()
        return self.topicTable.withLock { table in
            guard table.delete(key) else { return nil }
            return self.withLog(of: key) { $0.purge() } ?? StreamBounds()
        }
    }

    public func addGrant(_ grant: Grant, to key: TopicKey) async throws(StoreError) -> Bool {
        try self.checkOpen()
        return self.topicTable.withLock { $0.addGrant(grant, to: key) }
    }

    public func removeGrant(of user: UserID, from key: TopicKey) async throws(StoreError) -> Bool {
        try self.checkOpen()
        return self.topicTable.withLock { $0.removeGrant(of: user, from: key) }
    }

    public func topics(of user: UserID) async throws(StoreError) -> [StoredTopic] {
        try self.checkOpen()
        return self.topicTable.withLock { table in
            table.keys(of: user).compactMap { self.stored($0, in: table) }
        }
    }

    public func topicNames(ownedBy user: UserID) async throws(StoreError) -> [String] {
        try self.checkOpen()
        let keys = self.topicTable.withLock { $0.keys(ownedBy: user) }
        return keys.map(\.name.rawValue).sorted { $0.precedesInBytes($1) }
    }

    public func topics(after key: TopicKey?, limit: Int) async throws(StoreError) -> [StoredTopic] {
        try self.checkOpen()
        return self.topicTable.withLock { table in
            let keys = table.keys(after: key, limit: limit)
            return keys.compactMap { self.stored($0, in: table) }
        }
    }

    public func topicCounts() async throws(StoreError) -> TopicCounts {
        try self.checkOpen()
        return self.topicTable.withLock { $0.counts }
    }

    private func stored(_ key: TopicKey, in table: borrowing TopicTable) -> StoredTopic? {
        guard let (record, grants) = table.topic(key) else { return nil }
        return StoredTopic(record: record, grants: grants, bounds: self.storedBounds(of: key))
    }
}

public import RelayCore
import Synchronization

extension MemoryStore: TopicStore {
    public func topic(_ key: TopicKey) async throws(StoreError) -> StoredTopic? {
        try self.checkOpen()
        return self.topicTable.withLock { self.stored(key, in: $0) }
    }

    public func createTopic(
        _ record: TopicRecord,
        within quota: TopicQuota
    ) async throws(StoreError) -> TopicCreation {
        try self.checkOpen()
        return self.topicTable.withLock { self.create(record, within: quota, in: &$0) }
    }

    public func createTopic(
        _ record: TopicRecord,
        within quota: TopicQuota,
        appending batch: AppendBatch
    ) async throws(StoreError) -> FirstAppend {
        try self.checkOpen()
        try self.checkSize(of: batch)
        let first = self.topicTable.withLock { table -> FirstAppend in
            switch self.create(record, within: quota, in: &table) {
            case .existed(let topic): return .existed(topic)
            case .refused(let bound): return .refused(bound)
            case .created(var topic):
                let receipt = self.storeInBounds(batch)
                topic.bounds = receipt.bounds
                return .created(topic, receipt)
            }
        }
        self.evictIfNeeded(sparing: record.key)
        return first
    }

    private func create(
        _ record: TopicRecord,
        within quota: TopicQuota,
        in table: inout TopicTable
    ) -> TopicCreation {
        if let topic = self.stored(record.key, in: table) { return .existed(topic) }
        if let bound = table.refusal(of: record.owner, quota) { return .refused(bound) }
        _ = table.create(record)
        self.withLog(of: record.key) { $0.purge() }
        return .created(StoredTopic(record: record, grants: [], bounds: self.storedBounds(of: record.key)))
    }

    public func updateTopic(_ key: TopicKey, _ changes: TopicChanges) async throws(StoreError) -> StoredTopic? {
        try self.checkOpen()
        return self.topicTable.withLock { table in
            table.update(key, changes)
            return self.stored(key, in: table)
        }
    }

    public func deleteTopic(
        _ key: TopicKey,
        erasing parts: [TopicKey]
    ) async throws(StoreError) -> StreamBounds? {
        try self.checkOpen()
        return self.topicTable.withLock { table in
            guard table.delete(key) else { return nil }
            self.purge(parts)
            return self.withLog(of: key) { $0.purge() } ?? StreamBounds()
        }
    }

    public func transition(_ transition: TopicTransition) async throws(StoreError) -> TransitionOutcome {
        try self.checkOpen()
        if let batch = transition.batch { try self.checkSize(of: batch) }
        let outcome = self.topicTable.withLock { self.carryOut(transition, in: &$0) }
        if let batch = transition.batch { self.evictIfNeeded(sparing: batch.topic) }
        return outcome
    }

    private func carryOut(_ transition: TopicTransition, in table: inout TopicTable) -> TransitionOutcome {
        let known = self.stored(transition.key, in: table)
        guard known.map({ $0.record.state?.revision ?? 0 }) == transition.expected else { return .conflict(known) }
        guard let record = transition.record else {
            _ = table.delete(transition.key)
            let left = self.withLog(of: transition.key) { $0.purge() } ?? StreamBounds()
            self.purge(transition.erased)
            return .deleted(left)
        }
        if known == nil {
            if let bound = table.refusal(of: record.owner, transition.quota, kind: record.kind) {
                return .refused(bound)
            }
            _ = table.create(record)
            self.withLog(of: record.key) { $0.purge() }
        } else {
            table.setState(record.key, record.state)
        }
        self.purge(transition.erased)
        let receipt = transition.batch.map { self.storeInBounds($0) }
        guard let stored = self.stored(record.key, in: table) else { return .conflict(nil) }
        return .changed(stored, receipt)
    }

    public func erase(_ streams: [TopicKey]) async throws(StoreError) {
        try self.checkOpen()
        self.purge(streams)
    }

    private func purge(_ streams: [TopicKey]) {
        for key in streams { self.withLog(of: key) { $0.purge() } }
    }

    public func topics(
        ofKind kind: String,
        after key: TopicKey?,
        limit: Int
    ) async throws(StoreError) -> [StoredTopic] {
        try self.checkOpen()
        return self.topicTable.withLock { table in
            table.keys(ofKind: kind, after: key, limit: limit).compactMap { self.stored($0, in: table) }
        }
    }

    public func addGrant(_ grant: Grant, to key: TopicKey, limit: Int) async throws(StoreError) -> GrantAddition {
        try self.checkOpen()
        return self.topicTable.withLock { $0.addGrant(grant, to: key, limit: limit) }
    }

    public func removeGrant(of user: UserID, from key: TopicKey) async throws(StoreError) -> Bool {
        try self.checkOpen()
        return self.topicTable.withLock { $0.removeGrant(of: user, from: key) }
    }

    public func topics(
        of user: UserID,
        after key: TopicKey?,
        limit: Int
    ) async throws(StoreError) -> [StoredTopic] {
        try self.checkOpen()
        return self.topicTable.withLock { table in
            table.keys(of: user, after: key, limit: limit).compactMap { self.stored($0, in: table) }
        }
    }

    public func topicNames(ownedBy user: UserID, limit: Int) async throws(StoreError) -> [String] {
        try self.checkOpen()
        return self.topicTable.withLock { $0.names(ownedBy: user, limit: limit) }
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

import RelayCore
import RelayWire
import Synchronization

extension TestStore: TopicStore {
    /// Runs before each call that reads or changes one topic: the place for a test to interleave something.
    func beforeTopicCalls(_ hook: (@Sendable (TopicCall) async -> Void)?) {
        self.state.withLock { $0.beforeTopicCall = hook }
    }

    private func announce(_ call: TopicCall) async {
        let hook = self.state.withLock { $0.beforeTopicCall }
        await hook?(call)
    }

    func topic(_ key: TopicKey) async throws(StoreError) -> StoredTopic? {
        await self.announce(.topic)
        return self.state.withLock { $0.topic(key) }
    }

    func createTopic(
        _ record: TopicRecord,
        within quota: TopicQuota
    ) async throws(StoreError) -> TopicCreation {
        await self.announce(.create)
        return self.state.withLock { state in
            if let known = state.topic(record.key) { return .existed(known) }
            let owned = state.records.values.count { $0.owner == record.owner }
            if let bound = quota.refusal(owned: owned, total: state.records.count) { return .refused(bound) }
            state.records[record.key] = record
            state.streams[record.key]?.clear()
            let bounds = state.streams[record.key]?.bounds ?? StreamBounds()
            return .created(StoredTopic(record: record, grants: [], bounds: bounds))
        }
    }

    func updateTopic(_ key: TopicKey, _ changes: TopicChanges) async throws(StoreError) -> StoredTopic? {
        await self.announce(.update)
        return self.state.withLock { state in
            if let isPublic = changes.isPublic { state.records[key]?.isPublic = isPublic }
            if let description = changes.description { state.records[key]?.description = description }
            if let durability = changes.durability { state.records[key]?.durability = durability.durability }
            return state.topic(key)
        }
    }

    func deleteTopic(_ key: TopicKey) async throws(StoreError) -> StreamBounds? {
        await self.announce(.delete)
        return self.state.withLock { state in
            guard state.records.removeValue(forKey: key) != nil else { return nil }
            state.grants[key] = nil
            state.streams[key]?.clear()
            return state.streams[key]?.bounds ?? StreamBounds()
        }
    }

    func addGrant(_ grant: Grant, to key: TopicKey, limit: Int) async throws(StoreError) -> GrantAddition {
        await self.announce(.addGrant)
        return self.state.withLock { state in
            let known = state.grants[key] ?? []
            guard state.records[key] != nil, !known.contains(where: { $0.user == grant.user }) else {
                return .unchanged
            }
            guard known.count < limit else { return .refused }
            state.grants[key] = known + [grant]
            return .added
        }
    }

    func removeGrant(of user: UserID, from key: TopicKey) async throws(StoreError) -> Bool {
        await self.announce(.removeGrant)
        return self.state.withLock { state in
            let before = state.grants[key]?.count ?? 0
            state.grants[key]?.removeAll { $0.user == user }
            return (state.grants[key]?.count ?? 0) < before
        }
    }

    func topics(of user: UserID, after key: TopicKey?, limit: Int) async throws(StoreError) -> [StoredTopic] {
        let start = key?.description ?? ""
        return self.state.withLock { state in
            let own = state.all.filter { $0.record.owner == user || $0.grants.contains { $0.user == user } }
            return Array(own.filter { $0.record.key.description > start }.prefix(limit))
        }
    }

    func topicNames(ownedBy user: UserID, limit: Int) async throws(StoreError) -> [String] {
        let all = self.state.withLock { $0.all.filter { $0.record.owner == user }.map(\.record.key.name.rawValue) }
        return Array(all.prefix(limit))
    }

    func topics(after key: TopicKey?, limit: Int) async throws(StoreError) -> [StoredTopic] {
        let start = key?.description ?? ""
        return self.state.withLock { Array($0.all.filter { $0.record.key.description > start }.prefix(limit)) }
    }

    func topicCounts() async throws(StoreError) -> TopicCounts {
        self.state.withLock { state in
            TopicCounts(total: state.records.count, publicTopics: state.records.values.count { $0.isPublic })
        }
    }
}

extension TestStore.State {
    fileprivate var all: [StoredTopic] {
        self.records.keys.compactMap(self.topic).sorted { $0.record.key.description < $1.record.key.description }
    }

    fileprivate func topic(_ key: TopicKey) -> StoredTopic? {
        self.records[key].map { record in
            StoredTopic(
                record: record,
                grants: (self.grants[key] ?? []).sorted { $0.user.rawValue < $1.user.rawValue },
                bounds: self.streams[key]?.bounds ?? StreamBounds()
            )
        }
    }
}

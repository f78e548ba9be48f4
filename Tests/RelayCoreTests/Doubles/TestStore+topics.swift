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
        let (topic, fault) = self.state.withLock { ($0.topic(key), $0.topicReadFault) }
        if let fault { throw fault }
        return topic
    }

    func createTopic(
        _ record: TopicRecord,
        within quota: TopicQuota
    ) async throws(StoreError) -> TopicCreation {
        await self.announce(.create)
        return self.state.withLock { $0.create(record, within: quota) }
    }

    /// Fails as appends do.
    func createTopic(
        _ record: TopicRecord,
        within quota: TopicQuota,
        appending batch: AppendBatch
    ) async throws(StoreError) -> FirstAppend {
        await self.announce(.createWithMessages)
        let now = self.clock.now
        let result = self.state.withLock { state -> Result<FirstAppend, StoreError> in
            let fault = state.faults.isEmpty ? nil : state.faults.removeFirst()
            if let fault, !fault.isStored { return .failure(fault.error) }
            let first: FirstAppend
            switch state.create(record, within: quota) {
            case .existed(let topic): first = .existed(topic)
            case .refused(let bound): first = .refused(bound)
            case .created(var topic):
                if state.underWay.contains(record.key) { state.calls.overlaps += 1 }
                state.calls.appends.append(batch.drafts.count)
                state.calls.durabilities.append(batch.durability)
                let receipt = state.store(batch, now: now)
                topic.bounds = receipt.bounds
                first = .created(topic, receipt)
            }
            return fault.map { .failure($0.error) } ?? .success(first)
        }
        return try result.get()
    }

    func updateTopic(_ key: TopicKey, _ changes: TopicChanges) async throws(StoreError) -> StoredTopic? {
        await self.announce(.update)
        return self.state.withLock { state in
            if let isPublic = changes.isPublic { state.records[key]?.isPublic = isPublic }
            if let description = changes.description { state.records[key]?.description = description }
            if let anonymous = changes.anonymous { state.records[key]?.anonymous = anonymous }
            if let durability = changes.durability { state.records[key]?.durability = durability.durability }
            return state.topic(key)
        }
    }

    func deleteTopic(_ key: TopicKey, erasing parts: [TopicKey]) async throws(StoreError) -> StreamBounds? {
        await self.announce(.delete)
        return self.state.withLock { state in
            guard state.records.removeValue(forKey: key) != nil else { return nil }
            state.grants[key] = nil
            for part in parts { state.streams[part]?.clear() }
            state.streams[key]?.clear()
            return state.streams[key]?.bounds ?? StreamBounds()
        }
    }

    /// Fails as appends do.
    func transition(_ transition: TopicTransition) async throws(StoreError) -> TransitionOutcome {
        await self.announce(.transition)
        let now = self.clock.now
        let result = self.state.withLock { state -> Result<TransitionOutcome, StoreError> in
            let fault = state.faults.isEmpty ? nil : state.faults.removeFirst()
            if let fault, !fault.isStored { return .failure(fault.error) }
            let outcome = state.carryOut(transition, now: now)
            return fault.map { .failure($0.error) } ?? .success(outcome)
        }
        return try result.get()
    }

    func topics(ofKind kind: String, after key: TopicKey?, limit: Int) async throws(StoreError) -> [StoredTopic] {
        let start = key?.description ?? ""
        return self.state.withLock { state in
            let ofKind = state.all.filter { $0.record.kind == kind && $0.record.state != nil }
            return Array(ofKind.filter { $0.record.key.description > start }.prefix(limit))
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
    fileprivate mutating func create(_ record: TopicRecord, within quota: TopicQuota) -> TopicCreation {
        if let known = self.topic(record.key) { return .existed(known) }
        let owned = self.records.values.count { $0.owner == record.owner }
        if let bound = quota.refusal(owned: owned, total: self.records.count) { return .refused(bound) }
        self.records[record.key] = record
        self.streams[record.key]?.clear()
        let bounds = self.streams[record.key]?.bounds ?? StreamBounds()
        return .created(StoredTopic(record: record, grants: [], bounds: bounds))
    }

    fileprivate mutating func carryOut(_ transition: TopicTransition, now: Timestamp) -> TransitionOutcome {
        let (key, known) = (transition.key, self.topic(transition.key))
        guard known.map({ $0.record.state?.revision ?? 0 }) == transition.expected else { return .conflict(known) }
        for stream in transition.erased { self.streams[stream]?.clear() }
        guard let record = transition.record else {
            self.records[key] = nil
            self.streams[key]?.clear()
            return .deleted(self.streams[key]?.bounds ?? StreamBounds())
        }
        if known == nil {
            if let bound = self.refusal(of: record, transition.quota) { return .refused(bound) }
            self.streams[key]?.clear()
        }
        self.records[key] = record
        if self.underWay.contains(key) { self.calls.overlaps += 1 }
        let receipt = transition.batch.map { self.store($0, now: now) }
        return self.topic(key).map { .changed($0, receipt) } ?? .conflict(nil)
    }

    private func refusal(of record: TopicRecord, _ quota: TopicQuota) -> TopicQuota.Bound? {
        let ofKind = self.records.values.filter { $0.kind == record.kind && $0.state != nil }
        return quota.refusal(owned: ofKind.count { $0.owner == record.owner }, total: ofKind.count)
    }

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

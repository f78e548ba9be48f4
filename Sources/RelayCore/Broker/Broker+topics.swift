import Foundation

/// Managing topics.
extension Broker {
    /// Creates a topic, owned by `principal`.
    ///
    /// - Throws: `exists`, `quota`, `full`, `store`, or as the kind decides.
    public func createTopic(
        _ key: TopicKey,
        isPublic: Bool,
        description: String?,
        durability: Durability? = nil,
        anonymous: AnonymousAccess = .none,
        by principal: Principal
    ) async throws(BrokerError) -> StoredTopic {
        let behavior = self.catalog.behavior(of: key.name)
        try self.authorize(principal, .create, key, behavior, .missing)
        guard anonymous == .none || behavior.admitsAnonymous else { throw .refused(.needsToken) }
        let record = self.record(
            key,
            isPublic: isPublic,
            description: description,
            durability: durability,
            anonymous: anonymous,
            by: principal
        )
        let creation = try await self.changing(key) { () async throws(StoreError) in
            let creation = try await self.store.createTopic(record, within: self.limits.topics)
            if case .created(let stored) = creation { self.apply(stored) }
            return creation
        }
        switch creation {
        case .created(let stored): return stored
        case .existed: throw .exists
        case .refused(let bound): throw self.refusal(bound)
        }
    }

    func refusal(_ bound: TopicQuota.Bound) -> BrokerError {
        switch bound {
        case .ofUser: .quota(.topicsOfUser(self.limits.topics.maxPerUser))
        case .inAll: .full
        }
    }

    /// The topic as it is stored, with its grants, if `principal` may do `action`.
    ///
    /// - Throws: `missing`, `denied`, or `store`.
    public func storedTopic(
        _ key: TopicKey,
        for action: TopicAction,
        as principal: Principal
    ) async throws(BrokerError) -> StoredTopic {
        let behavior = self.catalog.behavior(of: key.name)
        let found = try await self.reading { () async throws(StoreError) in
            try await self.stored(key, behavior)
        }
        // What a part has is its root's, which its root's kind reads.
        let reader = self.catalog.behavior(of: self.catalog.root(of: key).name)
        try self.authorize(principal, action, key, behavior, found.map { TopicAccess($0, reader) } ?? .missing)
        guard let found else { throw .missing }
        return found
    }

    /// The topics that `user` owns or has a grant on, by key.
    ///
    /// - Parameters:
    ///   - key: the page begins after it; nil for the first page.
    ///   - limit: topics in the page.
    /// - Throws: `store`.
    public func topics(of user: UserID, after key: TopicKey?, limit: Int) async throws(BrokerError) -> [StoredTopic] {
        try await self.reading { () async throws(StoreError) in
            try await self.store.topics(of: user, after: key, limit: limit)
        }
    }

    /// The topics of a kind that keeps a state, by key.
    ///
    /// - Parameters:
    ///   - key: the page begins after it; nil for the first page.
    ///   - limit: topics in the page.
    /// - Throws: `store`.
    public func topics(
        ofKind kind: String,
        after key: TopicKey?,
        limit: Int
    ) async throws(BrokerError) -> [StoredTopic] {
        try await self.reading { () async throws(StoreError) in
            try await self.store.topics(ofKind: kind, after: key, limit: limit)
        }
    }

    /// All topics of the store, by key. For administrators.
    ///
    /// - Parameters:
    ///   - key: the page begins after it; nil for the first page.
    ///   - limit: topics in the page.
    /// - Throws: `store`.
    public func allTopics(after key: TopicKey?, limit: Int) async throws(BrokerError) -> [StoredTopic] {
        try await self.reading { () async throws(StoreError) in try await self.store.topics(after: key, limit: limit) }
    }

    /// A topic that is in memory, whoever asks.
    public func residentTopic(_ key: TopicKey) -> Topic? { self.table.find(key) }

    /// The names of the topics that `user` owns, in byte order, the first `limit` of them.
    ///
    /// - Throws: `store`.
    public func topicNames(ownedBy user: UserID, limit: Int) async throws(BrokerError) -> [String] {
        try await self.reading { () async throws(StoreError) in
            try await self.store.topicNames(ownedBy: user, limit: limit)
        }
    }

    /// How many topics there are, all users' together.
    ///
    /// - Throws: `store`.
    public func topicCounts() async throws(BrokerError) -> TopicCounts {
        try await self.reading { () async throws(StoreError) in try await self.store.topicCounts() }
    }

    /// Changes what is given of a topic that `principal` may manage. Who may read it no more is ended.
    ///
    /// - Returns: the topic as it is now.
    /// - Throws: `missing`, `denied`, `store`, or `refused` where the kind has no such thing.
    public func updateTopic(
        _ key: TopicKey,
        _ changes: TopicChanges,
        as principal: Principal
    ) async throws(BrokerError) -> StoredTopic {
        if let anonymous = changes.anonymous, anonymous != .none, !self.catalog.behavior(of: key.name).admitsAnonymous {
            throw .refused(.needsToken)
        }
        let updated = try await self.managing(key, as: principal) { () async throws(StoreError) in
            let stored = try await self.store.updateTopic(key, changes)
            if let stored { self.apply(stored) }
            return stored
        }
        guard let updated else { throw .missing }
        return updated
    }

    /// Lets `user` read and publish to a topic that `principal` may manage.
    ///
    /// - Returns: the grant; nil where the user has one already.
    /// - Throws: `missing`, `denied`, `quota`, or `store`.
    public func grant(
        _ user: UserID,
        on key: TopicKey,
        as principal: Principal
    ) async throws(BrokerError) -> Grant? {
        let grant = Grant(user: user, grantedAt: self.clock.now())
        let limit = self.limits.maxGrantsPerTopic
        let addition = try await self.managing(key, as: principal) { () async throws(StoreError) in
            let addition = try await self.store.addGrant(grant, to: key, limit: limit)
            if addition == .added { try await self.refresh(key) }
            return addition
        }
        switch addition {
        case .added: return grant
        case .unchanged: return nil
        case .refused: throw .quota(.grantsOnTopic(limit))
        }
    }

    /// Takes back a grant on a topic that `principal` may manage. The user's open readers are ended.
    ///
    /// - Returns: whether the user had a grant.
    /// - Throws: `missing`, `denied`, or `store`.
    public func revokeGrant(
        of user: UserID,
        on key: TopicKey,
        as principal: Principal
    ) async throws(BrokerError) -> Bool {
        try await self.managing(key, as: principal) { () async throws(StoreError) in
            let existed = try await self.store.removeGrant(of: user, from: key)
            if existed { try await self.refresh(key) }
            return existed
        }
    }

    /// Deletes a topic with its messages and grants, and ends its readers. Publishers meanwhile wait, and then create it anew.
    ///
    /// An administrator can delete a topic whose record can't be read back, too: nobody else is known to be its owner.
    ///
    /// - Throws: `missing`, `denied`, or `store`.
    public func deleteTopic(_ key: TopicKey, as principal: Principal) async throws(BrokerError) {
        let bounds = try await self.topicLock.withLock(self.catalog.root(of: key)) { () async throws(BrokerError) in
            do throws(BrokerError) {
                _ = try await self.storedTopic(key, for: .manage, as: principal)
            } catch {
                guard principal.isAdmin, error.isUnreadable else { throw error }
            }
            return try await self.reading { () async throws(StoreError) in try await self.delete(key) }
        }
        guard bounds != nil else { throw .missing }
    }

    /// Whether the topic is in memory, or may be about to: then a change of it must be read.
    public func isResident(_ key: TopicKey) -> Bool {
        self.topicLock.isHeld(key) || self.table.find(key) != nil || !self.table.parts(of: key).isEmpty
    }

    /// The keys of all topics in memory, or about to be.
    public var residentTopics: [TopicKey] {
        // In this order: a topic is in the table before its key's lock is released.
        let held = self.topicLock.heldKeys
        return Array(held.union(self.table.all.map(\.key)))
    }

    /// Reads topics again that were changed from outside: by another relay, or by the deletion of a user.
    ///
    /// - Throws: `store` at the first that can't be read; those after it are not read.
    public func topicsChanged(_ keys: [TopicKey]) async throws(BrokerError) {
        for key in keys {
            try await self.changing(key) { () async throws(StoreError) in try await self.refresh(key) }
        }
    }
}

// MARK: - Steps

extension Broker {
    /// A part of another topic has its root's record under its own name.
    private func stored(_ key: TopicKey, _ behavior: any TopicBehavior) async throws(StoreError) -> StoredTopic? {
        guard let root = behavior.root(of: key.name) else { return try await self.store.topic(key) }
        guard var stored = try await self.store.topic(TopicKey(name: root, namespace: key.namespace)) else {
            return nil
        }
        stored.record = stored.record.part(key, of: behavior.kind)
        stored.bounds = try await self.environment(of: behavior).store.bounds(of: key)
        return stored
    }

    /// Makes the topic in memory what has just been stored, and its parts with it. The caller holds the key's lock.
    func apply(_ stored: StoredTopic) {
        let access = self.access(stored)
        self.table.find(stored.record.key)?.apply(access)
        self.applyToParts(of: stored.record.key, access)
    }

    /// What has just been stored of a topic holds for its parts in memory. The caller holds the key's lock.
    func applyToParts(of key: TopicKey, _ access: TopicAccess) {
        for part in self.table.parts(of: key) { part.apply(access) }
    }

    func record(
        _ key: TopicKey,
        isPublic: Bool,
        description: String?,
        durability: Durability? = nil,
        anonymous: AnonymousAccess = .none,
        by principal: Principal
    ) -> TopicRecord {
        TopicRecord(
            id: UUID().uuidString.lowercased(),
            key: key,
            kind: self.catalog.behavior(of: key.name).kind,
            owner: principal.id,
            createdAt: self.clock.now(),
            isPublic: isPublic,
            description: description,
            durability: durability,
            anonymous: anonymous
        )
    }

    /// The caller holds the key's lock.
    private func delete(_ key: TopicKey) async throws(StoreError) -> StreamBounds? {
        let topic: Topic?
        do throws(StoreError) {
            topic = try await self.closed(key)
        } catch {
            // A topic that can't be read is not in memory, and won't be while its key's lock is held.
            guard error.code == .corrupt else { throw error }
            topic = nil
        }
        do throws(StoreError) {
            let parts = self.catalog.parts(ofEvery: key)
            let bounds = try await self.store.deleteTopic(key, erasing: parts)
            if let bounds {
                await self.finishDeletion(of: topic, key, bounds, parts)
                await self.findEnds(of: parts)
            } else {
                topic?.reopen()
            }
            return bounds
        } catch {
            topic?.reopen()
            throw error
        }
    }

    /// What is known here of streams that were erased is not what they had before. The caller holds their root's lock.
    private func findEnds(of parts: [TopicKey]) async {
        guard let feed = self.feed else { return }
        for part in parts.compactMap({ self.table.find($0) }) {
            do throws(StoreError) { try await self.follow(part, by: feed) } catch { part.doubt() }
        }
    }

    /// The key's topic, closed to publishers, with nothing of it under way. The caller holds the key's lock.
    func closed(_ key: TopicKey) async throws(StoreError) -> Topic {
        while true {
            let topic = try await self.load(key)
            if await topic.close() { return topic }
        }
    }

    /// Makes the topic in memory what is stored: another relay may have changed, deleted or created it. The caller holds the
    /// key's lock.
    func refresh(_ key: TopicKey) async throws(StoreError) {
        for topic in [self.table.find(key)].compactMap(\.self) + self.table.parts(of: key) {
            try await self.refresh(topic)
        }
    }

    private func refresh(_ topic: Topic) async throws(StoreError) {
        if let feed = self.feed {
            try await self.follow(topic, by: feed)
        } else {
            try await self.renew(topic, at: nil)
        }
    }

    private func changing<Value>(
        _ key: TopicKey,
        _ body: () async throws(StoreError) -> Value
    ) async throws(BrokerError) -> Value {
        try await self.reading { () async throws(StoreError) in
            try await self.topicLock.withLock(self.catalog.root(of: key), body)
        }
    }

    /// Changes a topic that `principal` may manage. Decided under the key's lock, so that it is still the same topic.
    private func managing<Value>(
        _ key: TopicKey,
        as principal: Principal,
        _ body: () async throws(StoreError) -> Value
    ) async throws(BrokerError) -> Value {
        try await self.topicLock.withLock(self.catalog.root(of: key)) { () async throws(BrokerError) in
            _ = try await self.storedTopic(key, for: .manage, as: principal)
            return try await self.reading(body)
        }
    }

    func reading<Value>(_ body: () async throws(StoreError) -> Value) async throws(BrokerError) -> Value {
        do {
            return try await body()
        } catch {
            throw .store(error)
        }
    }
}

extension BrokerError {
    /// Whether what is stored can't be read back.
    fileprivate var isUnreadable: Bool {
        if case .store(let error) = self { error.code == .corrupt } else { false }
    }
}

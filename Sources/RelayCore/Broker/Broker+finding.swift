import NIOCore
import RelayWire

/// Getting a topic. There is one way: the caller says which, what for, and who asks. The answer is the topic with the access from which
/// that was decided, or the refusal.
///
/// For managing, a topic is read as it is stored: ``storedTopic(_:for:as:)``.
extension Broker {
    /// A topic in memory that somebody may use.
    public struct OpenTopic: Sendable {
        public let topic: Topic
        /// What was decided from.
        let view: AccessView

        /// Who may use it.
        public var access: TopicAccess { self.view.access }

        /// False where it can be waited for, or made.
        var exists: Bool { self.view.exists }
    }

    /// The topic, without suspending and without allocating.
    ///
    /// - Returns: nil where it must be loaded, listened to or made first. Then ``topic(_:for:as:)`` is to be asked.
    /// - Throws: `denied` or `missing`.
    public func topicAtHand(
        _ key: TopicKey,
        for use: TopicUse,
        as principal: Principal
    ) throws(BrokerError) -> OpenTopic? {
        guard let topic = self.table.find(key), let view = topic.accessView(for: use) else { return nil }
        do throws(BrokerError) {
            try self.authorize(principal, use.action(exists: view.exists), key, topic.behavior, view.access)
        } catch {
            guard self.mayHaveCome(principal, topic.behavior, error) else { throw error }
            return nil
        }
        return OpenTopic(topic: topic, view: view)
    }

    /// Whether who is turned away may be a peer that another relay has let in a moment ago.
    private func mayHaveCome(_ principal: Principal, _ behavior: any TopicBehavior, _ error: BrokerError) -> Bool {
        guard self.feed != nil, behavior.hasPeers, principal.peer != nil, case .denied = error else { return false }
        return true
    }

    /// The topic, from memory or the store. For `publish` it may be one that does not exist and that the publisher may make.
    ///
    /// - Throws: `denied`, `missing`, or `store`.
    public func topic(
        _ key: TopicKey,
        for use: TopicUse,
        as principal: Principal
    ) async throws(BrokerError) -> OpenTopic {
        let open = try await self.loaded(key, for: use, as: principal)
        return try await self.ready(open, for: use, as: principal)
    }

    /// The topic, from memory or the store. It may not be listened to yet: who may not read a topic does not make this relay listen to it.
    private func loaded(
        _ key: TopicKey,
        for use: TopicUse,
        as principal: Principal
    ) async throws(BrokerError) -> OpenTopic {
        if let open = try self.topicAtHand(key, for: use, as: principal) { return open }
        let topic = try await self.reading { () async throws(StoreError) in try await self.topic(key) }
        do throws(BrokerError) {
            return try self.open(topic, for: use, as: principal)
        } catch {
            guard self.mayHaveCome(principal, topic.behavior, error) else { throw error }
            return try self.open(try await self.renewed(key), for: use, as: principal)
        }
    }

    /// The same as ``topic(_:for:as:)``, where what another relay has done a moment ago counts.
    public func topicAsStored(
        _ key: TopicKey,
        for use: TopicUse,
        as principal: Principal
    ) async throws(BrokerError) -> OpenTopic {
        let open = try self.open(try await self.renewed(key), for: use, as: principal)
        return try await self.ready(open, for: use, as: principal)
    }

    /// The topic, with its whole family made what is stored now: another relay may have changed it a moment ago.
    func renewed(_ key: TopicKey) async throws(BrokerError) -> Topic {
        let root = self.catalog.root(of: key)
        return try await self.reading { () async throws(StoreError) in
            try await self.topicLock.withLock(root) { () async throws(StoreError) in
                try await self.refresh(root)
                return try await self.load(key)
            }
        }
    }

    /// What ``loaded(_:for:as:)`` gave, listened to where readers are to join it.
    private func ready(
        _ open: OpenTopic,
        for use: TopicUse,
        as principal: Principal
    ) async throws(BrokerError) -> OpenTopic {
        guard use == .join, !open.topic.admitsReaders else { return open }
        let followed = try await self.reading { () async throws(StoreError) in
            try await self.followed(open.topic.key)
        }
        return try self.open(followed, for: use, as: principal)
    }

    /// The topics of several keys, in their order. See ``topicAtHand(_:for:as:)``.
    public func topicsAtHand(
        _ keys: [TopicKey],
        for use: TopicUse,
        as principal: Principal
    ) -> Result<[Topic], BrokerError>? {
        var topics: [Topic] = []
        topics.reserveCapacity(keys.count)
        do throws(BrokerError) {
            for key in keys {
                guard let open = try self.topicAtHand(key, for: use, as: principal) else { return nil }
                topics.append(open.topic)
            }
            return .success(topics)
        } catch {
            return .failure(error)
        }
    }

    /// The topics of several keys, in their order, or the refusal of the first that is refused. See ``topic(_:for:as:)``.
    ///
    /// They are loaded some at a time, and none is listened to before all are loaded and decided on.
    public func topics(
        _ keys: [TopicKey],
        for use: TopicUse,
        as principal: Principal
    ) async -> Result<[Topic], BrokerError> {
        do throws(BrokerError) {
            let loaded = try await keys.map(atOnce: Self.loadsAtOnce) { (key) async throws(BrokerError) in
                try await self.loaded(key, for: use, as: principal)
            }
            guard use == .join, !loaded.allSatisfy(\.topic.admitsReaders) else { return .success(loaded.map(\.topic)) }
            let ready = try await loaded.map(atOnce: Self.loadsAtOnce) { (open) async throws(BrokerError) in
                try await self.ready(open, for: use, as: principal)
            }
            return .success(ready.map(\.topic))
        } catch {
            return .failure(error)
        }
    }

    /// How many topics are loaded at a time for one who asks for several: enough to hide a store's round trips, and few enough that
    /// others' questions are not far behind.
    private static let loadsAtOnce = 16

    /// The ends of a topic's stream, where they are in memory and up to date. It does not check who asks: a client may be told only after its
    /// access to the topic was decided.
    public func boundsAtHand(of key: TopicKey) -> StreamBounds? {
        guard let topic = self.table.find(key), topic.admitsReaders else { return nil }
        return topic.bounds
    }

    /// Decides anew on a topic that was found before.
    func open(_ topic: Topic, for use: TopicUse, as principal: Principal) throws(BrokerError) -> OpenTopic {
        let view = topic.accessView
        try self.authorize(principal, use.action(exists: view.exists), topic.key, topic.behavior, view.access)
        return OpenTopic(topic: topic, view: view)
    }

    /// Throws unless `principal` may do `action`.
    func authorize(
        _ principal: Principal,
        _ action: TopicAction,
        _ key: TopicKey,
        _ behavior: any TopicBehavior,
        _ access: TopicAccess
    ) throws(BrokerError) {
        switch self.decision(on: key, behavior, access, action, by: principal) {
        case .allowed: break
        case .denied: throw .denied
        case .missing: throw .missing
        }
    }

    /// What the topic's kind decides, for who holds a token for some topics within these.
    func decision(
        on key: TopicKey,
        _ behavior: any TopicBehavior,
        _ access: TopicAccess,
        _ action: TopicAction,
        by principal: Principal
    ) -> AccessDecision {
        let decision = behavior.decision(on: key.name, access, action, by: principal)
        // Who may not know of the root is not told of its parts either.
        guard decision == .allowed, access.record != nil, !behavior.hasPart(key.name, in: access) else {
            return decision
        }
        return .missing
    }
}

// MARK: - Loading

extension Broker {
    /// The topic of a key, whoever asks.
    func topic(_ key: TopicKey) async throws(StoreError) -> Topic {
        if let topic = self.table.find(key), topic.isInService { return topic }
        return try await self.topicLock.withLock(self.catalog.root(of: key)) { () async throws(StoreError) in
            try await self.load(key)
        }
    }

    /// The same, for whoever holds the lock of the key's root.
    func load(_ key: TopicKey) async throws(StoreError) -> Topic {
        if let topic = self.table.find(key), topic.isInService { return topic }
        let (access, bounds) = try await self.storedAccess(of: key)
        let topic = self.makeTopic(key, access, bounds)
        self.serve(topic)
        return topic
    }

    /// Who may use the topic, and the bounds of its stream, as they are stored. Of a part the access is its root's.
    private func storedAccess(of key: TopicKey) async throws(StoreError) -> (TopicAccess, StreamBounds) {
        let behavior = self.catalog.behavior(of: key.name)
        guard let root = behavior.root(of: key.name) else {
            let (stored, bounds) = try await self.store.topicAndBounds(key)
            return (stored.map { TopicAccess($0, behavior) } ?? .missing, bounds)
        }
        let rootKey = TopicKey(name: root, namespace: key.namespace)
        let access = try await self.access(ofRoot: rootKey)
        return (access, try await self.environment(of: behavior).store.bounds(of: key))
    }

    /// Who may use a topic that is no part of another: from memory where it is there, else as it is stored.
    func access(ofRoot key: TopicKey) async throws(StoreError) -> TopicAccess {
        if let topic = self.table.find(key), topic.isInService { return topic.access }
        return self.access(try await self.store.topic(key))
    }

    func access(_ stored: StoredTopic?) -> TopicAccess {
        guard let stored else { return .missing }
        return TopicAccess(stored, self.catalog.behavior(of: stored.record.key.name))
    }

    func makeTopic(_ key: TopicKey, _ access: TopicAccess, _ bounds: StreamBounds) -> Topic {
        let behavior = self.catalog.behavior(of: key.name)
        return Topic(key: key, behavior: behavior, access: access, bounds: bounds, in: self.environment(of: behavior))
    }

    /// Puts a topic into memory. The caller holds the lock of its root's key, and there was none.
    func serve(_ topic: Topic) {
        self.table.insert(topic, unusedSince: self.clock.uptime() - TopicTable.idleTime)
    }

    /// What topics of a kind share: where their messages lie, and what their publishers wait for.
    func environment(of behavior: any TopicBehavior) -> TopicEnvironment {
        let store = self.streams(of: behavior.tier)
        let least = store.durabilities.first ?? store.durability
        return TopicEnvironment(
            store: store,
            durability: behavior.tier == .hot ? least : self.durability,
            leastDurability: least,
            isShared: self.feed != nil,
            limits: self.limitsInForce,
            memory: self.memory,
            unstored: self.unstored,
            clock: self.clock,
            unsure: self.unsure,
            readerNews: self.readerNews,
            presence: self.presence
        )
    }
}

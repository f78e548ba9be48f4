/// Topics and the grants on them.
public protocol TopicStore: Sendable {
    /// The topic as it is stored.
    ///
    /// - Returns: nil where no topic of that key exists.
    func topic(_ key: TopicKey) async throws(StoreError) -> StoredTopic?

    /// The topic, as ``topic(_:)`` has it, and the bounds of its stream, which may have outlived one that was deleted.
    func topicAndBounds(_ key: TopicKey) async throws(StoreError) -> (topic: StoredTopic?, bounds: StreamBounds)

    /// Creates the topic unless one of that key exists, or the quota is reached; one atomic step. Messages of an earlier topic of that
    /// key are gone.
    func createTopic(_ record: TopicRecord, within quota: TopicQuota) async throws(StoreError) -> TopicCreation

    /// Creates the topic as ``createTopic(_:within:)`` does, and stores its first messages as ``MessageStore/append(_:completion:)`` does; one
    /// atomic step and one commit, where topics and messages lie in one place.
    ///
    /// - Parameter batch: of the new topic. What it knows of the stream only keeps ids that were given out from being given out again.
    /// - Throws: where the two lie in different places, the topic may be there without the messages.
    func createTopic(
        _ record: TopicRecord,
        within quota: TopicQuota,
        appending batch: AppendBatch
    ) async throws(StoreError) -> FirstAppend

    /// Changes only what is given.
    ///
    /// - Returns: the topic as it is now; nil where it does not exist.
    func updateTopic(_ key: TopicKey, _ changes: TopicChanges) async throws(StoreError) -> StoredTopic?

    /// Deletes the topic, its grants and its messages; one atomic step. The bounds stay: `trimmedThrough` becomes `last`,
    /// so that ids go on increasing and old cursors are told of the gap.
    ///
    /// - Parameter parts: streams that end with it, of its parts: what they hold goes in the same way.
    /// - Returns: the topic's bounds left behind; nil where no such topic exists. Then its parts are left alone, too.
    func deleteTopic(_ key: TopicKey, erasing parts: [TopicKey]) async throws(StoreError) -> StreamBounds?

    /// Creates, changes or deletes a topic whose kind keeps a state with it, together with the messages that tell of it; one atomic step.
    ///
    /// - Throws: also what ``MessageStore/append(_:completion:)`` of the batch would: then nothing was stored.
    func transition(_ transition: TopicTransition) async throws(StoreError) -> TransitionOutcome

    /// Lets a user read and publish to a private topic.
    ///
    /// A grant that exists keeps its date. One atomic step.
    ///
    /// - Parameter limit: how many grants the topic may have.
    func addGrant(_ grant: Grant, to key: TopicKey, limit: Int) async throws(StoreError) -> GrantAddition

    /// Takes a grant back.
    ///
    /// - Returns: whether there was such a grant. False also for a topic that is gone.
    func removeGrant(of user: UserID, from key: TopicKey) async throws(StoreError) -> Bool

    /// The topics that `user` owns or has a grant on, ordered by key, at most `limit`, after `key` where one is given.
    func topics(of user: UserID, after key: TopicKey?, limit: Int) async throws(StoreError) -> [StoredTopic]

    /// The names of the topics that `user` owns, ordered, the first `limit` of them.
    func topicNames(ownedBy user: UserID, limit: Int) async throws(StoreError) -> [String]

    /// All topics, ordered by key, at most `limit`, after `key` where one is given.
    func topics(after key: TopicKey?, limit: Int) async throws(StoreError) -> [StoredTopic]

    /// The topics of a kind that keeps a state, ordered by key, at most `limit`, after `key` where one is given.
    func topics(ofKind kind: String, after key: TopicKey?, limit: Int) async throws(StoreError) -> [StoredTopic]

    /// How many topics there are, all users' together.
    func topicCounts() async throws(StoreError) -> TopicCounts
}

extension TopicStore {
    /// Deletes a topic without parts.
    public func deleteTopic(_ key: TopicKey) async throws(StoreError) -> StreamBounds? {
        try await self.deleteTopic(key, erasing: [])
    }
}

extension TopicStore where Self: MessageStore {
    /// In two steps, for stores whose topics and messages lie in different places.
    public func createTopic(
        _ record: TopicRecord,
        within quota: TopicQuota,
        appending batch: AppendBatch
    ) async throws(StoreError) -> FirstAppend {
        try await self.createTopicThenAppend(record, within: quota, appending: batch)
    }

    /// Creates the topic, and then appends its first messages. For a store that can do both in one step in some of its forms only: its own
    /// ``createTopic(_:within:appending:)`` calls this in the others. What breaks off between the two leaves the topic without messages.
    public func createTopicThenAppend(
        _ record: TopicRecord,
        within quota: TopicQuota,
        appending batch: AppendBatch
    ) async throws(StoreError) -> FirstAppend {
        switch try await self.createTopic(record, within: quota) {
        case .existed(let topic): return .existed(topic)
        case .refused(let bound): return .refused(bound)
        case .created(var topic):
            let result = await withCheckedContinuation { continuation in
                self.append(batch) { continuation.resume(returning: $0) }
            }
            let receipt = try result.get()
            topic.bounds = receipt.bounds
            return .created(topic, receipt)
        }
    }

    /// For stores for which two questions cost no more than one.
    public func topicAndBounds(
        _ key: TopicKey
    ) async throws(StoreError) -> (topic: StoredTopic?, bounds: StreamBounds) {
        let stored = try await self.topic(key)
        if let stored { return (stored, stored.bounds) }
        return (nil, try await self.bounds(of: key))
    }
}

/// What to change of a topic; nil leaves as it is.
public struct TopicChanges: Hashable, Sendable {
    public var isPublic: Bool?
    public var description: String?
    public var durability: DurabilitySetting?
    public var anonymous: AnonymousAccess?

    public init(
        isPublic: Bool? = nil,
        description: String? = nil,
        durability: DurabilitySetting? = nil,
        anonymous: AnonymousAccess? = nil
    ) {
        self.isPublic = isPublic
        self.description = description
        self.durability = durability
        self.anonymous = anonymous
    }
}

/// How many topics a store holds.
public struct TopicCounts: Hashable, Sendable {
    /// Public and private ones.
    public var total: Int
    /// Those of them that everybody may read.
    public var publicTopics: Int

    public init(total: Int, publicTopics: Int) {
        self.total = total
        self.publicTopics = publicTopics
    }
}

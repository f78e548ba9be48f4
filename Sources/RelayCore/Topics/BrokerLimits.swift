/// The broker's bounds. Every queue and every tier has one; those of all topics together are the ``MemoryLedger``'s.
public struct BrokerLimits: Hashable, Sendable {
    /// Messages that a topic keeps in memory. Default 1,000.
    public var hotMessagesPerTopic: Int
    /// Bytes that a topic keeps in memory. Default 4 MiB.
    public var hotBytesPerTopic: Int
    /// Bytes of one topic's drafts that wait for the store; beyond it publishers are turned away. Default 16 MiB.
    public var maxWaitingBytesPerTopic: Int
    /// Bytes of all topics' messages that were answered as `memory` and are not stored yet; beyond it publishers are turned away.
    /// Default 64 MiB.
    public var maxUnstoredBytes: Int
    /// Messages that go to the store in one batch of one topic, unless one publish alone holds more. Default 1,000.
    public var maxBatchMessages: Int
    /// Topics held in memory before unused ones are let go. Default 100,000.
    public var residentTopics: Int
    /// What of one user may wait for the store; beyond it that user is turned away.
    public var waitingOfUser: UserLoad.WaitingLimits
    /// How many topics there may be.
    public var topics: TopicQuota
    /// Grants on one topic. Default 1,000.
    public var maxGrantsPerTopic: Int
    /// How long stored messages are kept.
    public var retention: Retention
    /// Seconds for which an idempotency key is remembered. Default 600.
    public var idempotencyWindowSeconds: Int64

    public init(
        hotMessagesPerTopic: Int = 1_000,
        hotBytesPerTopic: Int = 4 << 20,
        maxWaitingBytesPerTopic: Int = 16 << 20,
        maxUnstoredBytes: Int = 64 << 20,
        maxBatchMessages: Int = 1_000,
        residentTopics: Int = 100_000,
        waitingOfUser: UserLoad.WaitingLimits = UserLoad.WaitingLimits(),
        topics: TopicQuota = TopicQuota(),
        maxGrantsPerTopic: Int = 1_000,
        retention: Retention = Retention(),
        idempotencyWindowSeconds: Int64 = 600
    ) {
        self.hotMessagesPerTopic = hotMessagesPerTopic
        self.hotBytesPerTopic = hotBytesPerTopic
        self.maxWaitingBytesPerTopic = maxWaitingBytesPerTopic
        self.maxUnstoredBytes = maxUnstoredBytes
        self.maxBatchMessages = maxBatchMessages
        self.residentTopics = residentTopics
        self.waitingOfUser = waitingOfUser
        self.topics = topics
        self.maxGrantsPerTopic = maxGrantsPerTopic
        self.retention = retention
        self.idempotencyWindowSeconds = idempotencyWindowSeconds
    }
}

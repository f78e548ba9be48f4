import Synchronization

/// The limits that a broker and its topics hold to at this moment.
///
/// Every publish reads some of them, so those that may change are atomics, and nothing is locked. Who reads while they change may see some of
/// the old and some of the new: each is good for itself.
final class BrokerLimitsInForce: Sendable {
    /// What never changes; of the rest what held at first.
    let first: BrokerLimits
    private let hotMessages: Atomic<Int>
    private let hotBytes: Atomic<Int>
    private let waitingMessages: Atomic<Int>
    private let waitingBytes: Atomic<Int>
    private let topicsOfUser: Atomic<Int>
    private let topics: Atomic<Int>
    private let grants: Atomic<Int>
    private let keptMessages: Atomic<Int>
    /// Below zero: for ever.
    private let keptSeconds: Atomic<Int64>
    private let idempotencySeconds: Atomic<Int64>

    init(_ limits: BrokerLimits) {
        self.first = limits
        self.hotMessages = Atomic(limits.hotMessagesPerTopic)
        self.hotBytes = Atomic(limits.hotBytesPerTopic)
        self.waitingMessages = Atomic(limits.waitingOfUser.messages)
        self.waitingBytes = Atomic(limits.waitingOfUser.bytes)
        self.topicsOfUser = Atomic(limits.topics.maxPerUser)
        self.topics = Atomic(limits.topics.maxInAll)
        self.grants = Atomic(limits.maxGrantsPerTopic)
        self.keptMessages = Atomic(limits.retention.maxMessages)
        self.keptSeconds = Atomic(limits.retention.maxAgeSeconds ?? -1)
        self.idempotencySeconds = Atomic(limits.idempotencyWindowSeconds)
    }

    /// All of them.
    var current: BrokerLimits {
        var limits = self.first
        limits.hotMessagesPerTopic = self.hotMessages.load(ordering: .relaxed)
        limits.hotBytesPerTopic = self.hotBytes.load(ordering: .relaxed)
        limits.waitingOfUser = self.waitingOfUser
        limits.topics.maxPerUser = self.topicsOfUser.load(ordering: .relaxed)
        limits.topics.maxInAll = self.topics.load(ordering: .relaxed)
        limits.maxGrantsPerTopic = self.grants.load(ordering: .relaxed)
        limits.retention = self.retention
        limits.idempotencyWindowSeconds = self.idempotencySeconds.load(ordering: .relaxed)
        return limits
    }

    /// What of one user may wait for the store.
    var waitingOfUser: UserLoad.WaitingLimits {
        UserLoad.WaitingLimits(
            messages: self.waitingMessages.load(ordering: .relaxed),
            bytes: self.waitingBytes.load(ordering: .relaxed)
        )
    }

    /// How long messages are kept of kinds that don't say so themselves.
    var retention: Retention {
        let seconds = self.keptSeconds.load(ordering: .relaxed)
        var retention = self.first.retention
        retention.maxMessages = self.keptMessages.load(ordering: .relaxed)
        retention.maxAgeSeconds = seconds < 0 ? nil : seconds
        return retention
    }

    /// What a topic keeps in memory.
    var hotTier: (messages: Int, bytes: Int) {
        (self.hotMessages.load(ordering: .relaxed), self.hotBytes.load(ordering: .relaxed))
    }

    /// ``BrokerLimits/maxWaitingBytesPerTopic``, ``BrokerLimits/maxUnstoredBytes``, ``BrokerLimits/maxBatchMessages`` and
    /// ``BrokerLimits/residentTopics`` stay as they are: parts were made by them.
    func change(to limits: BrokerLimits) {
        self.hotMessages.store(limits.hotMessagesPerTopic, ordering: .relaxed)
        self.hotBytes.store(limits.hotBytesPerTopic, ordering: .relaxed)
        self.waitingMessages.store(limits.waitingOfUser.messages, ordering: .relaxed)
        self.waitingBytes.store(limits.waitingOfUser.bytes, ordering: .relaxed)
        self.topicsOfUser.store(limits.topics.maxPerUser, ordering: .relaxed)
        self.topics.store(limits.topics.maxInAll, ordering: .relaxed)
        self.grants.store(limits.maxGrantsPerTopic, ordering: .relaxed)
        self.keptMessages.store(limits.retention.maxMessages, ordering: .relaxed)
        self.keptSeconds.store(limits.retention.maxAgeSeconds ?? -1, ordering: .relaxed)
        self.idempotencySeconds.store(limits.idempotencyWindowSeconds, ordering: .relaxed)
    }
}

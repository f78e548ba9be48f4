/// One step in the life of a root topic: of its record with its kind's state, and of the messages that tell of it. All or nothing.
public struct TopicTransition: Sendable {
    public let key: TopicKey
    /// The ``StoredState/revision`` that the stored topic must have; nil where there must be no topic of the key.
    public let expected: UInt64?
    /// What is stored then; nil deletes the topic, as ``TopicStore/deleteTopic(_:)`` does. Of a topic that is there nothing but the state
    /// changes.
    public let record: TopicRecord?
    /// Messages of the topic, stored in the same step; nil for none.
    public let batch: AppendBatch?
    /// Streams that end with this: of the topic's parts. What they hold is gone as after a deletion.
    public let erased: [TopicKey]
    /// Of the record's kind: how many topics of it there may be. Looked at where the topic is new.
    public let quota: TopicQuota

    public init(
        key: TopicKey,
        expected: UInt64?,
        record: TopicRecord?,
        batch: AppendBatch? = nil,
        erased: [TopicKey] = [],
        quota: TopicQuota = .unlimited
    ) {
        self.key = key
        self.expected = expected
        self.record = record
        self.batch = batch
        self.erased = erased
        self.quota = quota
    }
}

/// What became of a ``TopicTransition``.
public enum TransitionOutcome: Sendable {
    /// It is stored; with the receipt of the batch, if there was one.
    case changed(StoredTopic, AppendReceipt?)
    /// The topic is gone; with the bounds left behind.
    case deleted(StreamBounds)
    /// The topic is not what was expected: somebody else was first. Nothing was stored. With what is there.
    case conflict(StoredTopic?)
    /// Nothing was stored.
    case refused(TopicQuota.Bound)
}

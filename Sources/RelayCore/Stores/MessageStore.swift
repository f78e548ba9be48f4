public import RelayWire

/// The persistent tier of every topic's stream.
///
/// The broker has at most one append under way for each topic, so a store never has to order appends of one topic.
/// Appends to different topics run concurrently and may share one commit. `append` and `read` take completions, not
/// tasks, because event loops call them for every message. They never block their caller.
public protocol MessageStore: Sendable {
    /// What a message survives once ``append(_:completion:)`` of a batch that asks for nothing in particular has succeeded.
    var durability: Durability { get }

    /// What batches may ask for, weakest first; at least ``durability``. May change: the store's servers may.
    var durabilities: [Durability] { get }

    /// Stores a batch in order, all or nothing, and then trims the topic to its retention.
    ///
    /// The topic need not exist as a record. A draft is not stored again if its idempotency mark (key and index) is
    /// stored and has not expired. Its receipt is then the first one's, with `isRepeat` set.
    ///
    /// - Parameters:
    ///   - batch: one topic's drafts, at least one.
    ///   - completion: called exactly once, on any thread, possibly before `append` returns. A success means that the
    ///     messages, repeats included, survive what the batch asked for (`sqlite`: always a synced commit). What the store can't
    ///     give now is refused as `undurable`.
    func append(_ batch: AppendBatch, completion: @escaping @Sendable (Result<AppendReceipt, StoreError>) -> Void)

    /// Returns once what is stored of these entries, all of one topic, survives as much as an append with that durability. An append
    /// of theirs may have stored them, and broken off before that was so.
    ///
    /// - Throws: `outcomeUnknown` also where they are gone.
    func confirm(_ entries: [IdempotencyEntry], as durability: Durability) async throws(StoreError)

    /// Reads a page of a topic's stream. Messages that are expired at `request.now` are skipped.
    ///
    /// A message that can't be read back is left out. A page forward ends before it, and the next one tells of it, so that readers are
    /// told of the gap at its place.
    ///
    /// - Parameter completion: called exactly once, on any thread, possibly before `read` returns.
    func read(_ request: ReadRequest, completion: @escaping @Sendable (Result<StoredPage, StoreError>) -> Void)

    /// Puts a snapshot in the place of a message; one atomic step.
    ///
    /// Neither end of the stream changes: `last` and `trimmedThrough` stay, and no reader has a gap. ``StreamBounds/count`` counts what readers
    /// get: the snapshot, and what is behind it.
    func putSnapshot(_ snapshot: StreamSnapshot) async throws(StoreError) -> SnapshotOutcome

    /// The topic's bounds; all zero for a topic that never had a message.
    func bounds(of topic: TopicKey) async throws(StoreError) -> StreamBounds

    /// What was stored under `key` and has not expired at `now`, by index. Empty where the key is free.
    func idempotencyEntries(
        for key: IdempotencyKey,
        at now: Timestamp
    ) async throws(StoreError) -> [IdempotencyEntry]

    /// The same, ahead of a publish to `topics`. Another relay may be publishing under the key to other topics at
    /// this moment. A shared store waits a little for it here rather than in ``append(_:completion:)``, which would
    /// hold up others.
    func idempotencyEntries(
        for key: IdempotencyKey,
        publishingTo topics: Set<TopicKey>,
        at now: Timestamp
    ) async throws(StoreError) -> [IdempotencyEntry]

    /// Empties streams, whose messages nobody misses any more, as ``TopicStore/deleteTopic(_:)`` does of its topic.
    func erase(_ streams: [TopicKey]) async throws(StoreError)

    /// Removes messages that retention, `ttl` or the idempotency window no longer covers, and bounds that nothing needs.
    /// Called every minute or so; appends trim by count on their own. Bounds are kept for a day at least, and for as long as the rule's
    /// plain retention says.
    ///
    /// - Returns: the bounds of the topics whose messages were trimmed by age, so that readers can be told of gaps.
    func sweep(at now: Timestamp, retention: RetentionRule) async throws(StoreError) -> [TopicKey: StreamBounds]
}

extension MessageStore {
    public var durabilities: [Durability] { [self.durability] }

    /// One retention for all streams.
    public func sweep(
        at now: Timestamp,
        retention: Retention
    ) async throws(StoreError) -> [TopicKey: StreamBounds] {
        try await self.sweep(at: now, retention: RetentionRule(retention))
    }

    /// For stores whose messages all survive the same from the moment on that they are found.
    public func confirm(_ entries: [IdempotencyEntry], as durability: Durability) async throws(StoreError) {}

    /// Of a store of one relay: that knows by itself what is under way.
    public func idempotencyEntries(
        for key: IdempotencyKey,
        publishingTo topics: Set<TopicKey>,
        at now: Timestamp
    ) async throws(StoreError) -> [IdempotencyEntry] {
        try await self.idempotencyEntries(for: key, at: now)
    }
}

/// One topic's drafts, to be stored together.
public struct AppendBatch: Sendable {
    public let topic: TopicKey
    public let drafts: [Draft]
    public let retention: Retention
    /// What this relay knows of the stream. A store that several relays share refuses the batch as `superseded` in
    /// two cases: the epoch is another, or the store has lost messages up to `known.last`. In the second case it
    /// begins a new epoch. Without an epoch nothing is checked.
    public let known: StreamBounds
    /// One of the store's ``MessageStore/durabilities``; nil is the store's own.
    public let durability: Durability?
    /// For `hot` nothing is waited for, whatever `durability` says. A store that several relays share then forgets the stream's messages,
    /// the newest too, a while after the last of them has reached the retention's age.
    public let tier: StreamTier
    /// Of each draft: a message of the same key that is stored goes as the draft comes, and is no gap. A nil replaces nothing. Empty where the
    /// stream is not compacted; only hot ones are.
    public let compactionKeys: [String?]

    public init(
        topic: TopicKey,
        drafts: [Draft],
        retention: Retention,
        known: StreamBounds = StreamBounds(),
        durability: Durability? = nil,
        tier: StreamTier = .kept,
        compactionKeys: [String?] = []
    ) {
        precondition(compactionKeys.isEmpty || compactionKeys.count == drafts.count, "a key for each draft")
        self.topic = topic
        self.drafts = drafts
        self.retention = retention
        self.known = known
        self.durability = durability
        self.tier = tier
        self.compactionKeys = compactionKeys
    }
}

extension AppendBatch {
    /// Nil where the draft at that place replaces nothing.
    public func compactionKey(of draft: Int) -> String? {
        self.compactionKeys.isEmpty ? nil : self.compactionKeys[draft]
    }

    /// The drafts' ``Draft/memoryCost``, in bytes.
    public var memoryCost: Int { self.drafts.reduce(0) { $0 + $1.memoryCost } }
}

/// What a store made of a batch.
public struct AppendReceipt: Sendable {
    /// One for each draft, in the batch's order.
    public let stored: [StoredDraft]
    /// The stream's newest id before the append. Stores that only one relay writes need not say.
    public let previous: MessageID
    /// After the append and its trimming.
    public let bounds: StreamBounds

    public init(stored: [StoredDraft], previous: MessageID = .zero, bounds: StreamBounds) {
        self.stored = stored
        self.previous = previous
        self.bounds = bounds
    }
}

/// Where one draft of a batch ended up.
public struct StoredDraft: Hashable, Sendable {
    /// The message's, or for a repeat the first attempt's.
    public let id: MessageID
    /// The draft's, or the first attempt's for a repeat.
    public let timestamp: Timestamp
    /// The draft's idempotency mark was known: nothing was stored.
    public let isRepeat: Bool

    public init(id: MessageID, timestamp: Timestamp, isRepeat: Bool = false) {
        self.id = id
        self.timestamp = timestamp
        self.isRepeat = isRepeat
    }
}

/// One page of a topic's stream.
public struct ReadRequest: Sendable {
    /// Which stretch of the stream, and in which order.
    public enum Range: Hashable, Sendable {
        /// Ascending, from the first message after the id, up to and including `through` (nil: to the end).
        case forward(after: MessageID, through: MessageID? = nil)
        /// Descending, from the last message before the id (nil: from the newest).
        case backward(before: MessageID?)
    }

    public let topic: TopicKey
    public let range: Range
    /// How many messages the page may have, at least 1.
    public let maxMessages: Int
    /// The page ends once its messages' ``Message/memoryCost`` reaches this, but never before its first message.
    public let maxBytes: Int
    /// What has expired by then is left out.
    public let now: Timestamp
    /// Whether what snapshots stand for is read too, as far as it is kept, in its place. Else a stream with a snapshot begins with the newest
    /// one.
    public let includesSuperseded: Bool

    public init(
        topic: TopicKey,
        range: Range,
        maxMessages: Int,
        maxBytes: Int,
        now: Timestamp,
        includesSuperseded: Bool = false
    ) {
        self.topic = topic
        self.range = range
        self.maxMessages = maxMessages
        self.maxBytes = maxBytes
        self.now = now
        self.includesSuperseded = includesSuperseded
    }
}

/// What a store answers to a ``ReadRequest``: messages and bounds of one instant.
public struct StoredPage: Sendable {
    /// In the order of the request's range.
    public let messages: [Message]
    /// Whether unexpired messages lie beyond the page within the request's range.
    public let hasMore: Bool
    /// Of the whole stream.
    public let bounds: StreamBounds
    /// The last of the messages before the page's first that can't be read back; nil where there are none.
    public let lostThrough: MessageID?

    public init(messages: [Message], hasMore: Bool, bounds: StreamBounds, lostThrough: MessageID? = nil) {
        self.messages = messages
        self.hasMore = hasMore
        self.bounds = bounds
        self.lostThrough = lostThrough
    }
}

import RelayWire

/// The heart of the relay: finds topics, publishes to them, reads them, and manages them.
///
/// Everything that a message needs on its way is synchronous and runs where it is called. Only what needs the store
/// first is async: a topic not in memory, a topic that does not exist yet, a retried publish.
public final class Broker: Sendable {
    /// Which names are topics, and of which kind.
    public let catalog: TopicCatalog
    /// What every topic holds to, too.
    let limitsInForce: BrokerLimitsInForce
    /// Where every timestamp and id of this broker comes from.
    public let clock: RelayClock
    /// What publishers of topics without a setting of their own wait for.
    public let durability: Durability

    let unstored: UnstoredMessages
    /// What the hot tier is held to, and everything else that the process holds for clients.
    let memory: MemoryLedger
    let store: any StreamStore
    /// What holds the messages of kinds whose tier is ``StreamTier/hot``.
    private let hotStore: any MessageStore
    /// Nil where this relay alone writes to the store.
    let feed: (any StreamFeed)?
    let table: TopicTable
    let unsure = UnsureTopics()
    let readerNews = ReaderNews()
    /// Which peers have readers here.
    public let presence = PeerPresence()
    private let heardBySessions = HeardMessages()
    private let heardByDocuments = HeardMessages()
    let gatePost = GatePost()
    /// Loading and changing a topic happen under its key's lock, so that what is in memory is what was stored last.
    let topicLock = KeyedLock<TopicKey>()
    /// Held from the look-up of an idempotency key until its result is stored.
    let publishLock = KeyedLock<IdempotencyKey>()

    /// - Parameters:
    ///   - hotStore: holds the messages of kinds whose tier is hot; nil for `store`, which then keeps no more of them than their kind says.
    ///   - feed: tells what other relays store; nil where this relay alone writes to the store.
    ///   - memory: the process's; the hot tier is an account of it.
    ///   - durability: one of ``durabilities``; nil for the store's own.
    public init(
        store: any StreamStore,
        hotStore: (any MessageStore)? = nil,
        feed: (any StreamFeed)? = nil,
        catalog: TopicCatalog = TopicCatalog(),
        limits: BrokerLimits = BrokerLimits(),
        memory: MemoryLedger = MemoryLedger(),
        durability: Durability? = nil,
        clock: RelayClock
    ) {
        self.store = store
        self.hotStore = hotStore ?? store
        self.hasHotStore = hotStore != nil
        self.feed = feed
        self.catalog = catalog
        self.limitsInForce = BrokerLimitsInForce(limits)
        self.clock = clock
        self.durability = durability ?? store.durability
        self.unstored = UnstoredMessages(limit: limits.maxUnstoredBytes)
        self.memory = memory
        self.table = TopicTable(limit: limits.residentTopics)
    }

    /// What holds at this moment.
    public var limits: BrokerLimits { self.limitsInForce.current }

    /// Holds to other limits from now on. Who has more than they allow keeps it; what is to be kept for a shorter time goes with the next
    /// ``sweep(at:)``, and of a topic with its next message.
    ///
    /// - Parameter limits: of these ``BrokerLimits/maxWaitingBytesPerTopic``, ``BrokerLimits/maxUnstoredBytes``,
    ///   ``BrokerLimits/maxBatchMessages`` and ``BrokerLimits/residentTopics`` count for nothing: they hold as the broker was made with.
    public func change(to limits: BrokerLimits) { self.limitsInForce.change(to: limits) }

    /// What clients have published here that concerns the relay itself. For one listener each.
    public func heard(by listener: MessageListener) -> HeardMessages {
        switch listener {
        case .sessions: self.heardBySessions
        case .documents: self.heardByDocuments
        }
    }

    /// Whether hot kinds' messages lie elsewhere than all others.
    let hasHotStore: Bool

    func streams(of tier: StreamTier) -> any MessageStore {
        switch tier {
        case .kept: self.store
        case .hot: self.hotStore
        }
    }

    /// What topics may be set to, weakest first: what the store offers, and `memory`, for which nobody waits.
    public var durabilities: [Durability] {
        let offered = self.store.durabilities
        return Durability.allCases.filter { $0 == .memory || offered.contains($0) }
    }
}

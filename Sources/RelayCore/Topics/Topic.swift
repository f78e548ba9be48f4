import NIOCore
import RelayWire
import Synchronization

/// One topic while it is in memory: its stream's hot end, its access list, and the event loops that read it.
///
/// The state is behind one short lock, taken by publishers on any loop and by each reading loop once a turn. Everything is
/// decided under it and acted on after it: stores, loops and publishers are called unlocked.
public final class Topic: Sendable {
    public let key: TopicKey
    /// What its kind decides: who may do what, what readers' coming and going says, and how long messages are kept.
    public let behavior: any TopicBehavior

    let environment: TopicEnvironment
    let state: Mutex<TopicState>

    init(
        key: TopicKey,
        behavior: any TopicBehavior,
        access: TopicAccess,
        bounds: StreamBounds,
        in environment: TopicEnvironment
    ) {
        self.key = key
        self.behavior = behavior
        self.environment = environment
        self.state = Mutex(
            TopicState(access: access, bounds: bounds, compaction: behavior.compaction, environment)
        )
    }

    public var name: TopicName { self.key.name }

    /// The topic of which this is a part; nil for one of its own.
    var root: TopicKey? {
        self.behavior.root(of: self.name).map { TopicKey(name: $0, namespace: self.key.namespace) }
    }

    /// Who may use the topic now.
    public var access: TopicAccess {
        self.state.withLock { $0.access }
    }

    /// Who may use the topic now, and the version by which a decision taken from it can be checked later.
    var accessView: AccessView {
        self.state.withLock { $0.accessView }
    }

    /// The same, unless the topic is not ready for what it is wanted for: it has been retired, does not hear what others write yet, or is
    /// to be made first.
    func accessView(for use: TopicUse) -> AccessView? {
        self.state.withLock { state in
            guard state.phase != .retired else { return nil }
            let isReady =
                switch use {
                case .look: true
                case .join: state.following.admitsReaders
                case .publish: state.accessView.exists
                }
            return isReady ? state.accessView : nil
        }
    }

    /// False once the topic has been retired: its key must be looked up again.
    var isInService: Bool {
        self.state.withLock { $0.phase != .retired }
    }

    /// The ends of the stored stream, as far as this relay knows.
    public var bounds: StreamBounds {
        self.state.withLock { $0.bounds }
    }
}

/// A topic's access list at one instant.
///
/// A class, so that a publish that looks at it counts one reference and not one for each part.
final class AccessView: Sendable {
    let access: TopicAccess
    /// Counts the list's changes.
    let version: UInt64

    /// False where the topic can be waited for, or made.
    let exists: Bool

    /// What the topic's publishers wait for; nil is the relay's setting.
    var durability: Durability? { self.access.record?.durability }

    init(access: TopicAccess, version: UInt64) {
        self.access = access
        self.exists = access.record != nil
        self.version = version
    }
}

/// What all topics of a broker share whose messages lie in the same tier.
struct TopicEnvironment: Sendable {
    let store: any MessageStore
    /// What publishers of topics without a setting of their own wait for.
    let durability: Durability
    /// The least that an append can be asked for.
    let leastDurability: Durability
    /// Whether other relays write to the store too.
    let isShared: Bool
    let limits: BrokerLimitsInForce
    let memory: MemoryLedger
    let unstored: UnstoredMessages
    let clock: RelayClock
    let unsure: UnsureTopics
    let readerNews: ReaderNews
    let presence: PeerPresence
}

/// A topic's state. Owned by its ``Topic``'s lock.
struct TopicState: ~Copyable {
    enum Phase {
        case open
        /// Being created or deleted: publishers wait until that is done. Left by ``Topic/finishCreation(_:_:_:)``,
        /// ``Topic/finishDeletion(bounds:)`` or where either is given up.
        case closed
        /// No longer the topic of its key: look the key up again. Final.
        case retired
    }

    /// A loop with readers, and whether it was told that there is something to look at.
    struct ReadingLoopEntry {
        let loop: any ReadingLoop
        var isMarked: Bool
    }

    var phase = Phase.open
    /// Why the topic was retired although it has readers: they are still to be ended. See ``Topic/discard(since:)``.
    var discardedSince: StoreError?
    private(set) var accessView: AccessView
    /// Counts deletions: readers from before one are ended.
    var deletions: UInt64 = 0
    var bounds: StreamBounds
    var hot: HotRing
    let compaction: StreamCompaction?
    /// Of what is in the hot tier, where the stream is compacted.
    var latest = LatestMessages()
    var following: Following
    /// An append broke off, so that the store may hold messages that the hot tier lacks. Ends with the next success.
    var mayHaveMissed = false
    /// Whether the last append succeeded: only then publishers need not wait for theirs, whatever the topic's durability.
    var isStoring = false
    var queue: AppendQueue<PublishTicket>
    var waitingCharge = WaitingCharge()
    var loops: [ReadingLoopEntry] = []
    /// Resumed when the append under way has finished; set while the topic is closed.
    var quiescence: CheckedContinuation<Bool, Never>?
    var lastUse: NIODeadline
    /// When a reader came or left last.
    var lastRead: NIODeadline
    /// When the store last said where the stream stands; nil where it was not asked.
    var positionedAt: NIODeadline?

    init(
        access: TopicAccess,
        bounds: StreamBounds,
        compaction: StreamCompaction? = nil,
        _ environment: TopicEnvironment
    ) {
        self.compaction = compaction
        self.accessView = AccessView(access: access, version: 0)
        self.bounds = bounds
        self.following = environment.isShared ? .deaf : .alone
        self.hot = HotRing(floor: environment.isShared ? .max : bounds.last)
        self.queue = AppendQueue(
            maxWaitingBytes: environment.limits.first.maxWaitingBytesPerTopic,
            maxBatchMessages: environment.limits.first.maxBatchMessages
        )
        self.lastUse = environment.clock.uptime()
        self.lastRead = self.lastUse
    }

    /// Setting it counts its version up.
    var access: TopicAccess {
        get { self.accessView.access }
        set { self.accessView = AccessView(access: newValue, version: self.accessVersion + 1) }
    }

    /// Counts changes of `access`. So each loop checks its readers once after a change, and no draft is taken on an
    /// outdated decision.
    var accessVersion: UInt64 { self.accessView.version }

    /// Marks every reading loop that is not marked yet.
    ///
    /// - Parameter isUrgent: whether those are told too that know of something already, since they may leave that for a while.
    /// - Returns: the loops to tell, after the lock.
    mutating func markLoops(isUrgent: Bool = false) -> LoopsToTell {
        var toTell = LoopsToTell()
        for index in self.loops.indices where isUrgent || !self.loops[index].isMarked {
            self.loops[index].isMarked = true
            toTell.add(self.loops[index].loop)
        }
        return toTell
    }
}

/// Told once what became of the drafts of one publish.
enum PublishTicket: Sendable {
    /// Of a publish of one draft: the usual kind, which needs no list.
    case one(@Sendable (Result<Publication, StoreError>) -> Void)
    /// In the order of the drafts.
    case run(@Sendable (Result<[Publication], StoreError>) -> Void)

    /// The drafts are stored, or not.
    ///
    /// - Parameter drafts: which of the batch's are this publish's.
    func tell(_ result: Result<AppendReceipt, StoreError>, _ drafts: Range<Int>, _ durability: Durability) {
        switch self {
        case .one(let tell):
            tell(result.map { Publication($0.stored[drafts.lowerBound], durability) })
        case .run(let tell):
            tell(result.map { receipt in receipt.stored[drafts].map { Publication($0, durability) } })
        }
    }

    /// The drafts wait in memory, and the publisher does not.
    func tellTaken(_ drafts: [Draft]) {
        switch self {
        case .one(let tell): tell(.success(Publication(waiting: drafts[0])))
        case .run(let tell): tell(.success(drafts.map(Publication.init(waiting:))))
        }
    }
}

/// The loops that a change of a topic is to be told to. Usually it is one, and then there is no list.
struct LoopsToTell {
    private var first: (any ReadingLoop)?
    private var others: [any ReadingLoop] = []

    mutating func add(_ loop: any ReadingLoop) {
        if self.first == nil { self.first = loop } else { self.others.append(loop) }
    }

    /// Not to be called under the topic's lock.
    func tell(_ topic: Topic) {
        self.first?.topicChanged(topic)
        for loop in self.others { loop.topicChanged(topic) }
    }
}

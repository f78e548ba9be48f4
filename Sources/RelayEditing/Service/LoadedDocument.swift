import NIOCore
public import RelayCore
public import RelayDocuments
public import RelayWire
import Synchronization

/// A document in memory: what its topic's stream says up to a position, and who is present.
///
/// It is a reader of its topic, so it changes by what the stream brings and by nothing else: a client's update is published, and comes back.
/// Whoever joins gets what it lacks up to the position, and reads the stream from there: nothing is missed, on whichever relay it was said.
///
/// Owner of content, position and awareness: its lock. What may take long is done on copies, which share the bytes.
public final class LoadedDocument: Sendable {
    /// Somebody who waits for its content.
    typealias Waiter = CheckedContinuation<Result<Void, BrokerError>, Never>

    enum Phase {
        case loading([Waiter])
        case ready
        /// Nothing more is read. Final.
        case ended(BrokerError)
    }

    struct State {
        var phase = Phase.loading([])
        var content = DocumentState()
        var log = DocumentLog()
        /// What the stream says from its beginning on, after it has lost something: until all is read, ``content`` is what counts.
        var rereading: (content: DocumentState, log: DocumentLog)?
        var awareness: Awareness<UInt64, String>
        /// How far ``awareness`` has read its topic.
        var awarenessLog = DocumentLog()
        var places = DocumentPlaces()
        /// Counts changes from used to unused, so that a later use keeps it in memory.
        var idleCount = 0
        /// How far its topic was read, and in which history.
        var read = (through: MessageID.zero, epoch: StreamEpoch.none.id)
        /// Those who wait for more.
        var awaited: [(through: MessageID, reader: CheckedContinuation<Void, Never>)] = []
        var isCompacting = false
        /// What the stream has lost and is to have again; nil for nothing.
        var unpublished: [UInt8]?
        var isPublishing = false
        /// Who reads its topics for it.
        var follower: FollowerBox?
        /// What is charged for its content, and for who is present.
        var charged = 0
        /// Bytes that came since that was exact.
        var inexact = 0
        var chargedForAwareness = 0
    }

    public let name: DocumentName
    /// Of the topic's record: another topic of that name is another document.
    let topicID: String
    public let key: TopicKey
    public let awarenessKey: TopicKey
    public let statelessKey: TopicKey
    let loop: any DocumentLoop
    let settings: DocumentSettings
    let memory: MemoryLedger
    let state: Mutex<State>

    init(
        _ name: DocumentName,
        of topicID: String,
        on loop: any DocumentLoop,
        _ settings: DocumentSettings,
        _ memory: MemoryLedger,
        at now: NIODeadline
    ) {
        self.name = name
        self.topicID = topicID
        self.key = TopicKey(name: name.topicName)
        self.awarenessKey = TopicKey(name: name.awarenessTopicName)
        self.statelessKey = TopicKey(name: name.statelessTopicName)
        self.loop = loop
        self.settings = settings
        self.memory = memory
        self.state = Mutex(State(awareness: Awareness(limits: settings.awareness, now: now.moment)))
    }

    deinit {
        let charged = self.state.withLock { $0.charged + $0.chargedForAwareness }
        self.memory.release(charged, from: .documents)
    }

    // MARK: Content

    /// What the document has: for the relay's step 1.
    public var stateVector: StateVector { self.state.withLock { $0.content.stateVector } }

    /// Where a reader begins that has got ``difference(against:)`` before.
    public var cursor: Cursor { self.state.withLock { $0.log.cursor } }

    /// What it is at one moment, in short: the id of its last update, what it has, and how many bytes the stream holds of it.
    public var summary: (revision: MessageID, stateVector: StateVector, bytes: Int) {
        self.state.withLock { ($0.log.position, $0.content.stateVector, $0.log.bytes) }
    }

    /// Whether its content is there, and goes on being what its topic says.
    var isReady: Bool {
        self.state.withLock { state in
            if case .ready = state.phase { true } else { false }
        }
    }

    /// False once it follows its topic no more: whoever uses it has to open the document again.
    public var isInService: Bool {
        self.state.withLock { state in
            if case .ended = state.phase { false } else { true }
        }
    }

    /// Whether its size lets it take an update of so many bytes. One that adds structs has to fit within the limit. Others are taken until a
    /// quarter more is there, so that a full document can be made smaller.
    public func hasRoom(for bytes: Int, addingStructs: Bool) -> Bool {
        let limit = self.settings.maxBytes
        let size = self.state.withLock { $0.log.bytes }
        return addingStructs ? size + bytes <= limit : size < limit + limit / 4
    }

    /// Whether all that an update says is here already. Costs less than ``news(in:)``: it stops at the first that is not.
    ///
    /// - Throws: as ``DocumentState/news(in:)-(Span<UInt8>)``.
    public func hasAll(of update: Span<UInt8>) throws(DocumentError) -> Bool {
        let content = self.state.withLock { $0.content }
        return try content.hasAll(of: update)
    }

    /// Below this an answer is made under the lock: a copy that is alive while an update comes costs more.
    private static let smallBytes = 64 << 10

    /// What somebody with `known` lacks, as an update.
    public func difference(against known: StateVector) -> [UInt8] {
        let answer = self.state.withLock { state in
            state.log.bytes > Self.smallBytes ? nil : state.content.diff(against: known)
        }
        if let answer { return answer }
        var copy = self.state.withLock { $0.content }
        return copy.diff(against: known)
    }

    /// What an update brings that the document has not.
    ///
    /// - Throws: as ``DocumentState/news(in:)-(Span<UInt8>)``.
    public func news(in update: Span<UInt8>) throws(DocumentError) -> UpdateNews {
        let content = self.state.withLock { $0.content }
        return try content.news(in: update)
    }

    // MARK: What the stream brings

    /// - Returns: whether a snapshot is due. The caller has it made.
    func take(_ messages: [Message], in epoch: UInt64) -> Bool {
        self.state.withLock { state in
            if state.rereading != nil {
                state.rereading?.content.apply(messages)
                state.rereading?.log.take(messages, in: epoch)
                self.charge(&state, more: messages.reduce(0) { $0 + $1.memoryCost })
                return false
            }
            state.content.apply(messages)
            state.log.take(messages, in: epoch)
            self.charge(&state, more: messages.reduce(0) { $0 + $1.memoryCost })
            guard case .ready = state.phase, !state.isCompacting, state.log.isDue(self.settings) else { return false }
            state.isCompacting = true
            return true
        }
    }

    /// After which it is counted exactly what a document takes: small structs take many times their bytes.
    private static let inexactBytes = 64 << 10

    /// Counts roughly what came, and from time to time exactly.
    private func charge(_ state: inout State, more bytes: Int) {
        state.charged += bytes
        self.memory.add(bytes, to: .documents)
        state.inexact += bytes
        if state.inexact >= Self.inexactBytes { self.chargeExactly(&state) }
    }

    private func chargeExactly(_ state: inout State) {
        let others = (state.rereading?.content.size.memory ?? 0) + (state.unpublished?.count ?? 0)
        let exact = state.content.size.memory + others
        if exact > state.charged {
            self.memory.add(exact - state.charged, to: .documents)
        } else {
            self.memory.release(state.charged - exact, from: .documents)
        }
        state.charged = exact
        state.inexact = 0
    }

    /// The stream has lost something that may be in here.
    ///
    /// - Returns: whether it is to be read again from its beginning. Who reads it so already passes the same place once more.
    func isToBeReread() -> Bool {
        self.state.withLock { state in
            guard case .ready = state.phase else { return false }
            return state.rereading == nil
        }
    }

    /// What is taken next is the stream from its beginning on.
    func beginRereading() {
        self.state.withLock { $0.rereading = (DocumentState(), DocumentLog()) }
        self.stopWaiting()
    }

    /// All that the stream has was taken.
    ///
    /// - Returns: whether the stream has lost what this has: see ``takeUnpublished()``.
    func caughtUp() -> Bool {
        let (waiting, hasMissing) = self.state.withLock { state -> ([Waiter], Bool) in
            let isReread = self.endRereading(&state)
            guard case .loading(let waiting) = state.phase else {
                if isReread { self.chargeExactly(&state) }
                return ([], state.unpublished != nil)
            }
            state.phase = .ready
            state.content.trim()
            self.chargeExactly(&state)
            return (waiting, false)
        }
        for waiter in waiting { waiter.resume(returning: .success(())) }
        return hasMissing
    }

    /// - Returns: whether it was read anew.
    private func endRereading(_ state: inout State) -> Bool {
        guard let (content, log) = state.rereading.take() else { return false }
        let rest = state.content.diff(against: content.stateVector)
        let news = try? content.news(in: rest)
        if let news, !news.isNothing {
            // What could not be published the last time is in here too.
            state.unpublished = rest
        }
        // What was lost comes back by the stream.
        (state.content, state.log) = (content, log)
        return true
    }

    /// It follows its topic no more.
    ///
    /// - Returns: who is to stop reading for it.
    func end(_ error: BrokerError) -> FollowerBox? {
        let (waiting, follower) = self.state.withLock { state -> ([Waiter], FollowerBox?) in
            let follower = state.follower.take()
            defer { state.phase = .ended(error) }
            guard case .loading(let waiting) = state.phase else { return ([], follower) }
            return (waiting, follower)
        }
        for waiter in waiting { waiter.resume(returning: .failure(error)) }
        self.stopWaiting()
        return follower
    }

    /// - Returns: false where it has ended meanwhile: then the caller stops the follower.
    func follow(by follower: FollowerBox) -> Bool {
        self.state.withLock { state in
            if case .ended = state.phase { return false }
            state.follower = follower
            return true
        }
    }

    // MARK: What is published again

    /// What the stream has lost, for the one who asks first. It says by ``published(isStored:)`` what has become of it.
    func takeUnpublished() -> [UInt8]? {
        self.state.withLock { state in
            guard !state.isPublishing, let update = state.unpublished else { return nil }
            state.isPublishing = true
            return update
        }
    }

    /// - Parameter isStored: false where it is to be tried again.
    func published(isStored: Bool) {
        self.state.withLock { state in
            state.isPublishing = false
            guard isStored else { return }
            state.unpublished = nil
            self.chargeExactly(&state)
        }
    }

    var isPublished: Bool { self.state.withLock { $0.unpublished == nil } }

    /// Returns once its content is there.
    func whenReady() async throws(BrokerError) {
        let result = await withCheckedContinuation { (waiter: Waiter) in
            let known = self.state.withLock { state -> Result<Void, BrokerError>? in
                switch state.phase {
                case .ready: return .success(())
                case .ended(let error): return .failure(error)
                case .loading(let waiting):
                    state.phase = .loading(waiting + [waiter])
                    return nil
                }
            }
            if let known { waiter.resume(returning: known) }
        }
        try result.get()
    }

    // MARK: Compaction

    /// What a snapshot is made of: content and place of one moment.
    func copyForCompaction() -> (content: DocumentState, log: DocumentLog) {
        self.state.withLock { ($0.content, $0.log) }
    }

    /// - Parameter update: what the document of that earlier moment is in short; nil where there is no snapshot.
    func compacted(to update: Update?, from earlier: DocumentLog) {
        self.state.withLock { state in
            state.isCompacting = false
            guard let update else { return state.log.gaveUp(at: earlier) }
            state.content.replace(with: update)
            state.log.compacted(to: update.bytes.count, from: earlier)
            self.chargeExactly(&state)
        }
    }
}

import Dispatch
import Foundation
import RelayCore
import RelayWire
import SeededRandom
import Synchronization

/// An exact store whose tests decide when, where and whether its calls complete.
final class TestStore: MessageStore {
    /// When and where an append or a read happens and completes.
    enum Completing: Sendable {
        /// Before the call returns.
        case inline
        /// When the test calls ``TestStore/release(_:)``.
        case held
        /// On some other thread, at once.
        case elsewhere
        /// `inline` or `elsewhere`, by a seeded draw.
        case either(seed: UInt64)
    }

    /// What happens to an append that is made to fail.
    struct Fault: Sendable {
        let error: StoreError
        /// The append is done all the same: only its answer is lost.
        var isStored = false
    }

    /// A call of ``TopicStore`` that is about to be done.
    enum TopicCall: Sendable {
        case topic, create, createWithMessages, transition, update, delete, addGrant, removeGrant
    }

    struct State {
        var records: [TopicKey: TopicRecord] = [:]
        var grants: [TopicKey: [Grant]] = [:]
        var streams: [TopicKey: StoredStream] = [:]
        var marks: [IdempotencyKey: [Int: IdempotencyEntry]] = [:]
        var appending = Completing.inline
        var reading = Completing.inline
        var heldAppends: [@Sendable () -> Void] = []
        var heldReads: [@Sendable () -> Void] = []
        var faults: [Fault] = []
        var readFault: StoreError?
        var topicReadFault: StoreError?
        var underWay: Set<TopicKey> = []
        var calls = Calls()
        var beforeTopicCall: (@Sendable (TopicCall) async -> Void)?
        var draws = SeededGenerator(seed: 1)
    }

    /// What was asked of the store.
    struct Calls {
        /// Sizes, in messages.
        var appends: [Int] = []
        var reads: [ReadRequest] = []
        /// How often the bounds alone were asked for.
        var bounds = 0
        /// Appends that were started while another of the topic was under way. Never, if the broker keeps its promise.
        var overlaps = 0
        /// How deeply appends were called from inside appends, at most.
        var depth = 0
        /// What the appends asked for.
        var durabilities: [Durability?] = []
        /// What was confirmed, and as what.
        var confirmed: [(ids: [MessageID], as: Durability)] = []
    }

    let clock: ManualClock
    let durabilities: [Durability]
    let state = Mutex(State())

    /// - Parameter durabilities: what it pretends to offer; the first is its own.
    init(clock: ManualClock, durabilities: [Durability] = [.memory]) {
        self.clock = clock
        self.durabilities = durabilities
    }

    var calls: Calls { self.state.withLock { $0.calls } }
    var heldAppends: Int { self.state.withLock { $0.heldAppends.count } }
    var heldReads: Int { self.state.withLock { $0.heldReads.count } }

    func completeAppends(_ how: Completing) {
        self.state.withLock {
            $0.appending = how
            if case .either(let seed) = how { $0.draws = SeededGenerator(seed: seed) }
        }
    }

    func completeReads(_ how: Completing) {
        self.state.withLock { $0.reading = how }
    }

    /// The next appends fail, in this order.
    func failAppends(_ faults: [Fault]) {
        self.state.withLock { $0.faults += faults }
    }

    func failReads(_ error: StoreError?) {
        self.state.withLock { $0.readFault = error }
    }

    func failTopicReads(_ error: StoreError?) {
        self.state.withLock { $0.topicReadFault = error }
    }

    /// Does the oldest `count` appends that are held, and completes them.
    func releaseAppends(_ count: Int = .max) {
        for work in self.state.withLock({ Self.takeFirst(count, of: &$0.heldAppends) }) { work() }
    }

    func releaseReads(_ count: Int = .max) {
        for work in self.state.withLock({ Self.takeFirst(count, of: &$0.heldReads) }) { work() }
    }

    private static func takeFirst(_ count: Int, of held: inout [@Sendable () -> Void]) -> [@Sendable () -> Void] {
        let taken = Array(held.prefix(count))
        held.removeFirst(taken.count)
        return taken
    }

    func numbers(in key: TopicKey) -> [Int] {
        self.state.withLock { $0.streams[key]?.messages.compactMap(\.number) ?? [] }
    }

    func ids(in key: TopicKey) -> [MessageID] {
        self.state.withLock { $0.streams[key]?.messages.map(\.id) ?? [] }
    }

    /// Loses the newest messages, and begins a new epoch that knows of it.
    func loseTail(of count: Int, in key: TopicKey) {
        self.state.withLock { $0.streams[key]?.loseTail(of: count) }
    }

    /// Makes a message one that can't be read back.
    func damage(_ id: MessageID, in key: TopicKey) {
        self.state.withLock { $0.streams[key]?.damage(id) }
    }

    // MARK: MessageStore

    var durability: Durability { self.durabilities[0] }

    func confirm(_ entries: [IdempotencyEntry], as durability: Durability) async throws(StoreError) {
        let fault = self.state.withLock { state in
            state.calls.confirmed.append((entries.map(\.id), durability))
            return state.faults.isEmpty ? nil : state.faults.removeFirst()
        }
        if let fault { throw fault.error }
    }

    func append(_ batch: AppendBatch, completion: @escaping @Sendable (Result<AppendReceipt, StoreError>) -> Void) {
        let now = self.clock.now
        let depth = AppendDepth.enter()
        defer { AppendDepth.leave() }
        let work: @Sendable () -> Void = {
            let result = self.state.withLock { state -> Result<AppendReceipt, StoreError> in
                state.underWay.remove(batch.topic)
                guard let fault = state.faults.first else { return .success(state.store(batch, now: now)) }
                state.faults.removeFirst()
                if fault.isStored { _ = state.store(batch, now: now) }
                return .failure(fault.error)
            }
            completion(result)
        }
        let run = self.state.withLock { state -> Run in
            state.calls.appends.append(batch.drafts.count)
            state.calls.durabilities.append(batch.durability)
            state.calls.depth = max(state.calls.depth, depth)
            if !state.underWay.insert(batch.topic).inserted { state.calls.overlaps += 1 }
            return state.place(state.appending) { $0.heldAppends.append(work) }
        }
        run.do(work)
    }

    func read(_ request: ReadRequest, completion: @escaping @Sendable (Result<StoredPage, StoreError>) -> Void) {
        let work: @Sendable () -> Void = {
            completion(
                self.state.withLock { state in
                    if let fault = state.readFault { return .failure(fault) }
                    return .success((state.streams[request.topic] ?? StoredStream()).page(request))
                }
            )
        }
        let run = self.state.withLock { state -> Run in
            state.calls.reads.append(request)
            return state.place(state.reading) { $0.heldReads.append(work) }
        }
        run.do(work)
    }

    func putSnapshot(_ snapshot: StreamSnapshot) async throws(StoreError) -> SnapshotOutcome {
        self.state.withLock { state in
            guard state.streams[snapshot.topic]?.put(snapshot) == true else { return .outdated }
            return .stored(state.streams[snapshot.topic]?.bounds ?? StreamBounds())
        }
    }

    func bounds(of topic: TopicKey) async throws(StoreError) -> StreamBounds {
        self.state.withLock { state in
            state.calls.bounds += 1
            return state.streams[topic]?.bounds ?? StreamBounds()
        }
    }

    func idempotencyEntries(
        for key: IdempotencyKey,
        at now: Timestamp
    ) async throws(StoreError) -> [IdempotencyEntry] {
        self.state.withLock { state in
            (state.marks[key] ?? [:]).values.filter { $0.mark.expiresAt > now }.sorted { $0.mark.index < $1.mark.index }
        }
    }

    func erase(_ streams: [TopicKey]) async throws(StoreError) {
        self.state.withLock { state in
            for key in streams { state.streams[key]?.clear() }
        }
    }

    /// Trims by age what the configured retention says, and expired messages.
    func sweep(at now: Timestamp, retention rule: RetentionRule) async throws(StoreError) -> [TopicKey: StreamBounds] {
        self.state.withLock { state in
            var trimmed: [TopicKey: StreamBounds] = [:]
            for key in state.streams.keys {
                if let bounds = state.streams[key]?.sweep(at: now, rule.retention(of: key)) { trimmed[key] = bounds }
            }
            return trimmed
        }
    }
}

extension TestStore {
    fileprivate enum Run {
        case here, elsewhere, later

        func `do`(_ work: @escaping @Sendable () -> Void) {
            switch self {
            case .here: work()
            case .elsewhere: DispatchQueue.global().async(execute: work)
            case .later: break
            }
        }
    }
}

extension TestStore.State {
    fileprivate mutating func place(_ how: TestStore.Completing, hold: (inout Self) -> Void) -> TestStore.Run {
        switch how {
        case .inline: return .here
        case .elsewhere: return .elsewhere
        case .either: return self.draws.chance(50) ? .here : .elsewhere
        case .held:
            hold(&self)
            return .later
        }
    }

    mutating func store(_ batch: AppendBatch, now: Timestamp) -> AppendReceipt {
        var stream = self.streams[batch.topic] ?? StoredStream()
        var stored: [StoredDraft] = []
        for draft in batch.drafts {
            if let mark = draft.idempotency, let known = self.marks[mark.key]?[mark.index], known.mark.expiresAt > now {
                stored.append(StoredDraft(id: known.id, timestamp: known.timestamp, isRepeat: true))
                continue
            }
            let id = stream.append(draft, at: now)
            stored.append(StoredDraft(id: id, timestamp: draft.timestamp))
            if let mark = draft.idempotency {
                let entry = IdempotencyEntry(mark: mark, topic: batch.topic, id: id, timestamp: draft.timestamp)
                self.marks[mark.key, default: [:]][mark.index] = entry
            }
        }
        stream.trim(toMessages: batch.retention.maxMessages)
        self.streams[batch.topic] = stream
        return AppendReceipt(stored: stored, bounds: stream.bounds)
    }
}

/// How deeply this thread is inside of appends.
private enum AppendDepth {
    private static let key = "RelayCoreTests.AppendDepth"

    static func enter() -> Int {
        let depth = (Thread.current.threadDictionary[Self.key] as? Int ?? 0) + 1
        Thread.current.threadDictionary[Self.key] = depth
        return depth
    }

    static func leave() {
        let depth = Thread.current.threadDictionary[Self.key] as? Int ?? 1
        Thread.current.threadDictionary[Self.key] = depth - 1
    }
}

import NIOCore
import NIOPosix
import RelayCore
import RelayStorage
import RelayWire
import Synchronization

/// What several relays store in: a server in memory that tells each of what the others store.
final class SharedServer: Sendable {
    let store = MemoryStore()
    let leases = DeadlineTable()
    private let fronts = Mutex<[ServerFront]>([])

    func front() -> ServerFront {
        let front = ServerFront(self)
        self.fronts.withLock { $0.append(front) }
        return front
    }

    /// Stores a batch, and tells all who listen, in one order for everybody.
    fileprivate func append(_ batch: AppendBatch) -> Result<AppendReceipt, StoreError> {
        self.fronts.withLock { fronts in
            let before = self.bounds(of: batch.topic)
            if batch.known.epoch != .none, batch.known.epoch.id != before.epoch.id {
                return .failure(StoreError(.superseded, "another history"))
            }
            return self.appended(batch, after: before.last).map { receipt in
                let messages = zip(batch.drafts, receipt.stored).map { $0.message(id: $1.id) }
                let growth = StreamGrowth(previous: before.last, messages: messages, bounds: receipt.bounds)
                for front in fronts { front.hear(.grew(batch.topic, growth)) }
                return receipt
            }
        }
    }

    private func appended(_ batch: AppendBatch, after last: MessageID) -> Result<AppendReceipt, StoreError> {
        let result = Mutex<Result<AppendReceipt, StoreError>?>(nil)
        // A store in memory answers at once.
        self.store.append(batch) { answer in result.withLock { $0 = answer } }
        let answer = result.withLock { $0 } ?? .failure(StoreError(.unavailable, "no answer"))
        return answer.map { AppendReceipt(stored: $0.stored, previous: last, bounds: $0.bounds) }
    }

    func bounds(of topic: TopicKey) -> StreamBounds {
        let bounds = Mutex(StreamBounds())
        let request = ReadRequest(topic: topic, range: .backward(before: nil), maxMessages: 1, maxBytes: 1, now: .at(0))
        self.store.read(request) { page in bounds.withLock { $0 = (try? page.get().bounds) ?? $0 } }
        return bounds.withLock { $0 }
    }

    /// Empties a stream, as a master does that has lost it.
    func lose(_ topic: TopicKey) async throws { try await self.store.erase([topic]) }
}

/// The server as one relay sees it, which may be away for it.
final class ServerFront: Sendable {
    private struct State {
        var listener: (@Sendable (StreamNews) -> Void)?
        var listening: Set<TopicKey> = []
        var isAway = false
        /// Appends to fail: whether each is stored all the same.
        var breaks: [Bool] = []
        /// Streams to which nothing can be appended.
        var refused: Set<TopicKey> = []
        /// Whether topics are made later.
        var isHoldingCreations = false
        /// How often each stream was read.
        var reads: [TopicKey: Int] = [:]
        /// What a reading is answered by in place of what there is: one that begins with the stream's first message, or one that goes on.
        var answers: [Bool: Result<StoredPage, StoreError>] = [:]
    }

    private let server: SharedServer
    private let loop = MultiThreadedEventLoopGroup.singleton.next()
    private let state = Mutex(State())

    fileprivate init(_ server: SharedServer) {
        self.server = server
    }

    /// News of what is stored meanwhile is lost.
    func setAway(_ isAway: Bool) {
        let lost = self.state.withLock { state in
            defer { state.isAway = isAway }
            return state.isAway && !isAway ? Array(state.listening) : []
        }
        if !lost.isEmpty { self.tell(.missed(lost)) }
    }

    /// From now on nothing is stored in that stream, or something again.
    func refuse(_ topic: TopicKey, _ isRefused: Bool = true) {
        self.state.withLock { state in
            if isRefused { state.refused.insert(topic) } else { state.refused.remove(topic) }
        }
    }

    /// The next append breaks off.
    func breakNext(isStored: Bool) { self.state.withLock { $0.breaks.append(isStored) } }

    /// From now on no topic is made, or they are again.
    func setHoldingCreations(_ isHolding: Bool) { self.state.withLock { $0.isHoldingCreations = isHolding } }

    func reads(of topic: TopicKey) -> Int { self.state.withLock { $0.reads[topic, default: 0] } }

    /// The next reading of a stream's beginning, or of what lies further on, is answered so.
    func answerNext(ofBeginning: Bool, by answer: Result<StoredPage, StoreError>) {
        self.state.withLock { $0.answers[ofBeginning] = answer }
    }

    fileprivate func hear(_ news: StreamNews) {
        guard case .grew(let topic, _) = news else { return }
        let hears = self.state.withLock { !$0.isAway && $0.listening.contains(topic) }
        if hears { self.tell(news) }
    }

    private func tell(_ news: StreamNews) {
        let listener = self.state.withLock { $0.listener }
        self.loop.execute { listener?(news) }
    }

    private func check() throws(StoreError) {
        if self.state.withLock(\.isAway) { throw StoreError(.unavailable, "away") }
    }
}

extension ServerFront: StreamFeed {
    func start(_ listener: @escaping @Sendable (StreamNews) -> Void) {
        self.state.withLock { $0.listener = listener }
    }

    func listen(to key: TopicKey) async throws(StoreError) {
        try self.check()
        self.state.withLock { _ = $0.listening.insert(key) }
    }

    func stopListening(to key: TopicKey) { self.state.withLock { _ = $0.listening.remove(key) } }

    func position(of key: TopicKey, known: StreamBounds) async throws(StoreError) -> StreamBounds {
        try self.check()
        return self.server.bounds(of: key)
    }
}

extension ServerFront: MessageStore {
    var durability: Durability { .memory }

    func append(_ batch: AppendBatch, completion: @escaping @Sendable (Result<AppendReceipt, StoreError>) -> Void) {
        let (isAway, breaks) = self.state.withLock { state -> (Bool, Bool?) in
            (
                state.isAway || state.refused.contains(batch.topic),
                state.breaks.isEmpty ? nil : state.breaks.removeFirst()
            )
        }
        guard !isAway else { return completion(.failure(StoreError(.unavailable, "away"))) }
        if breaks == false { return completion(.failure(StoreError(.outcomeUnknown, "broke off"))) }
        let result = self.server.append(batch)
        completion(breaks == true ? .failure(StoreError(.outcomeUnknown, "broke off")) : result)
    }

    func confirm(_ entries: [IdempotencyEntry], as durability: Durability) async throws(StoreError) {}

    func read(_ request: ReadRequest, completion: @escaping @Sendable (Result<StoredPage, StoreError>) -> Void) {
        guard !self.state.withLock(\.isAway) else {
            return completion(.failure(StoreError(.unavailable, "away")))
        }
        let isOfBeginning = if case .forward(.zero, _) = request.range { true } else { false }
        let answer = self.state.withLock { state in
            state.reads[request.topic, default: 0] += 1
            return state.answers.removeValue(forKey: isOfBeginning)
        }
        if let answer { return completion(answer) }
        self.server.store.read(request, completion: completion)
    }

    func putSnapshot(_ snapshot: StreamSnapshot) async throws(StoreError) -> SnapshotOutcome { .outdated }

    func bounds(of topic: TopicKey) async throws(StoreError) -> StreamBounds {
        try self.check()
        return self.server.bounds(of: topic)
    }

    func idempotencyEntries(
        for key: IdempotencyKey,
        at now: Timestamp
    ) async throws(StoreError) -> [IdempotencyEntry] { [] }

    func erase(_ streams: [TopicKey]) async throws(StoreError) {
        try self.check()
        try await self.server.store.erase(streams)
    }

    func sweep(at now: Timestamp, retention: RetentionRule) async throws(StoreError) -> [TopicKey: StreamBounds] {
        try self.check()
        return try await self.server.store.sweep(at: now, retention: retention)
    }
}

extension ServerFront: TopicStore {
    func topic(_ key: TopicKey) async throws(StoreError) -> StoredTopic? {
        try self.check()
        return try await self.server.store.topic(key)
    }

    func createTopic(_ record: TopicRecord, within quota: TopicQuota) async throws(StoreError) -> TopicCreation {
        while self.state.withLock(\.isHoldingCreations) { try? await Task.sleep(for: .milliseconds(1)) }
        try self.check()
        return try await self.server.store.createTopic(record, within: quota)
    }

    func updateTopic(_ key: TopicKey, _ changes: TopicChanges) async throws(StoreError) -> StoredTopic? {
        try self.check()
        return try await self.server.store.updateTopic(key, changes)
    }

    func deleteTopic(_ key: TopicKey, erasing parts: [TopicKey]) async throws(StoreError) -> StreamBounds? {
        try self.check()
        return try await self.server.store.deleteTopic(key, erasing: parts)
    }

    func transition(_ transition: TopicTransition) async throws(StoreError) -> TransitionOutcome {
        try self.check()
        return try await self.server.store.transition(transition)
    }

    func addGrant(_ grant: Grant, to key: TopicKey, limit: Int) async throws(StoreError) -> GrantAddition {
        try self.check()
        return try await self.server.store.addGrant(grant, to: key, limit: limit)
    }

    func removeGrant(of user: UserID, from key: TopicKey) async throws(StoreError) -> Bool {
        try self.check()
        return try await self.server.store.removeGrant(of: user, from: key)
    }

    func topics(of user: UserID, after key: TopicKey?, limit: Int) async throws(StoreError) -> [StoredTopic] { [] }

    func topicNames(ownedBy user: UserID, limit: Int) async throws(StoreError) -> [String] { [] }

    func topics(after key: TopicKey?, limit: Int) async throws(StoreError) -> [StoredTopic] { [] }

    func topics(ofKind kind: String, after key: TopicKey?, limit: Int) async throws(StoreError) -> [StoredTopic] { [] }

    func topicCounts() async throws(StoreError) -> TopicCounts { TopicCounts(total: 0, publicTopics: 0) }
}

extension ServerFront: DeadlineStore {
    func setDeadlines(_ deadlines: [Deadline]) async throws(StoreError) {
        try self.check()
        await self.server.leases.setDeadlines(deadlines)
    }

    func addDeadlines(_ deadlines: [Deadline]) async throws(StoreError) {
        try self.check()
        await self.server.leases.addDeadlines(deadlines)
    }

    func removeDeadlines(_ names: [Deadline.Name]) async throws(StoreError) {
        try self.check()
        await self.server.leases.removeDeadlines(names)
    }

    func dueDeadlines(at now: Timestamp, limit: Int) async throws(StoreError) -> [Deadline] {
        try self.check()
        return await self.server.leases.dueDeadlines(at: now, limit: limit)
    }
}

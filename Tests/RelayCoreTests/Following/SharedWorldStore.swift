import RelayCore
import RelayWire
import SeededRandom
import Synchronization

/// One relay's connection to the world's store. Holds one topic; what the model has no use for is not there.
struct SharedWorldStore: StreamStore, StreamFeed {
    let durability = Durability.stored
    let world: SharedWorld
    let relay: Int

    func append(_ batch: AppendBatch, completion: @escaping @Sendable (Result<AppendReceipt, StoreError>) -> Void) {
        let now = self.world.clock.now
        self.world.ask(
            { state -> Result<AppendReceipt, StoreError> in
                state.log.append(batch, at: now, &state.random).flatMap { receipt, growth in
                    state.announce(growth, of: batch.topic)
                    guard state.random.chance(state.failures) else { return .success(receipt) }
                    return .failure(StoreError(.outcomeUnknown, "the answer was lost"))
                }
            },
            completion
        )
    }

    func read(_ request: ReadRequest, completion: @escaping @Sendable (Result<StoredPage, StoreError>) -> Void) {
        self.world.state.withLock { $0.pagesRead += 1 }
        self.world.ask({ .success($0.log.page(request)) }, completion)
    }

    /// The model makes none.
    func putSnapshot(_ snapshot: StreamSnapshot) async throws(StoreError) -> SnapshotOutcome { .outdated }

    func bounds(of topic: TopicKey) async throws(StoreError) -> StreamBounds {
        self.world.state.withLock { $0.boundsAsked += 1 }
        return try await self.world.ask { .success($0.log.bounds) }
    }

    func idempotencyEntries(for key: IdempotencyKey, at now: Timestamp) async throws(StoreError) -> [IdempotencyEntry] {
        []
    }

    func sweep(at now: Timestamp, retention: RetentionRule) async throws(StoreError) -> [TopicKey: StreamBounds] {
        try await self.world.ask { state in
            state.log.trim(toCount: max(1, state.log.messages.count / 2))
            return .success([self.world.key: state.log.bounds])
        }
    }

    // MARK: StreamFeed

    func start(_ listener: @escaping @Sendable (StreamNews) -> Void) {
        self.world.state.withLock { $0.listeners[self.relay] = listener }
    }

    func listen(to key: TopicKey) async throws(StoreError) {
        try await self.world.ask { state in
            state.listening[self.relay] = true
            return .success(())
        }
    }

    func stopListening(to key: TopicKey) {
        self.world.state.withLock { $0.listening[self.relay] = false }
    }

    func position(of key: TopicKey, known: StreamBounds) async throws(StoreError) -> StreamBounds {
        try await self.world.ask { .success($0.log.position(known: known, &$0.random)) }
    }

    // MARK: TopicStore

    func topic(_ key: TopicKey) async throws(StoreError) -> StoredTopic? {
        try await self.world.ask { .success($0.log.stored) }
    }

    func createTopic(
        _ record: TopicRecord,
        within quota: TopicQuota
    ) async throws(StoreError) -> TopicCreation {
        try await self.world.ask { state in
            let isNew = state.log.record == nil
            if isNew {
                state.log.create(record, &state.random)
                state.announceTopicChange()
            }
            let topic = state.log.stored ?? StoredTopic(record: record, grants: [], bounds: state.log.bounds)
            return .success(isNew ? .created(topic) : .existed(topic))
        }
    }

    func deleteTopic(_ key: TopicKey, erasing parts: [TopicKey]) async throws(StoreError) -> StreamBounds? {
        try await self.world.ask { state in
            defer { state.announceTopicChange() }
            return .success(state.log.delete(&state.random))
        }
    }

    func updateTopic(_ key: TopicKey, _ changes: TopicChanges) async throws(StoreError) -> StoredTopic? {
        try await self.topic(key)
    }

    func transition(_ transition: TopicTransition) async throws(StoreError) -> TransitionOutcome {
        .conflict(try await self.topic(transition.key))
    }

    func erase(_ streams: [TopicKey]) async throws(StoreError) {}
    func topics(ofKind kind: String, after key: TopicKey?, limit: Int) async throws(StoreError) -> [StoredTopic] { [] }
    func addGrant(_ grant: Grant, to key: TopicKey, limit: Int) async throws(StoreError) -> GrantAddition { .unchanged }
    func removeGrant(of user: UserID, from key: TopicKey) async throws(StoreError) -> Bool { false }
    func topics(of user: UserID, after key: TopicKey?, limit: Int) async throws(StoreError) -> [StoredTopic] { [] }
    func topicNames(ownedBy user: UserID, limit: Int) async throws(StoreError) -> [String] { [] }
    func topics(after key: TopicKey?, limit: Int) async throws(StoreError) -> [StoredTopic] { [] }
    func topicCounts() async throws(StoreError) -> TopicCounts { TopicCounts(total: 0, publicTopics: 0) }
}

import RelayAccess
import RelayCore
import RelayStorage
import RelayWire
import Synchronization

@testable import RelayServer

/// A memory store that notes what is read of topics and lists, and lets a test hold a read.
final class WatchedStore: Sendable {
    /// Something that is read.
    enum Look: Hashable, Sendable {
        case topic(TopicKey)
        case messages(TopicKey)
        case topicList
        case userList
        case user(UserID)
        /// Whether a token is denied.
        case token(jti: String)
        case reader(NamedReader)
        case webhookList
    }

    private struct State {
        var looks: [Look] = []
        var before: (@Sendable (Look) async -> Void)?
        var refusesAppends = false
        /// Whose messages are not read before a test says so.
        var heldTopic: TopicKey?
        var heldReads: [@Sendable () -> Void] = []
    }

    let store = MemoryStore()
    private let state = Mutex(State())

    /// What was read so far, in its order.
    var looks: [Look] { self.state.withLock { $0.looks } }

    /// The topics that were read so far.
    var topicsRead: [TopicKey] {
        self.looks.compactMap { look in
            switch look {
            case .topic(let key), .messages(let key): key
            case .topicList, .userList, .user, .token, .reader, .webhookList: nil
            }
        }
    }

    /// Runs before each read that suspends: the place for a test to hold it, or to do something meanwhile.
    func beforeLooks(_ hook: (@Sendable (Look) async -> Void)?) {
        self.state.withLock { $0.before = hook }
    }

    /// Whether messages are stored: where not, as if there were no store.
    func refuseAppends(_ refuses: Bool) {
        self.state.withLock { $0.refusesAppends = refuses }
    }

    /// Holds reads of a topic's messages from now on.
    ///
    /// - Parameter topic: nil lets all go on, those that were held first.
    func holdReads(of topic: TopicKey?) {
        let held = self.state.withLock { state in
            defer { (state.heldTopic, state.heldReads) = (topic, topic == nil ? [] : state.heldReads) }
            return topic == nil ? state.heldReads : []
        }
        for read in held { read() }
    }

    private func note(_ look: Look) async {
        let before = self.state.withLock { state in
            state.looks.append(look)
            return state.before
        }
        await before?(look)
    }
}

extension WatchedStore: StoreLifecycle {
    func checkHealth() async throws(StoreError) { try await self.store.checkHealth() }

    func close() async { await self.store.close() }
}

extension WatchedStore: MessageStore {
    var durability: Durability { self.store.durability }

    func append(_ batch: AppendBatch, completion: @escaping @Sendable (Result<AppendReceipt, StoreError>) -> Void) {
        guard !self.state.withLock({ $0.refusesAppends }) else {
            return completion(.failure(StoreError(.unavailable, "not now")))
        }
        self.store.append(batch, completion: completion)
    }

    func read(_ request: ReadRequest, completion: @escaping @Sendable (Result<StoredPage, StoreError>) -> Void) {
        let isHeld = self.state.withLock { state in
            state.looks.append(.messages(request.topic))
            guard state.heldTopic == request.topic else { return false }
            state.heldReads.append { self.store.read(request, completion: completion) }
            return true
        }
        if !isHeld { self.store.read(request, completion: completion) }
    }

    func putSnapshot(_ snapshot: StreamSnapshot) async throws(StoreError) -> SnapshotOutcome {
        await self.note(.topic(snapshot.topic))
        return try await self.store.putSnapshot(snapshot)
    }

    func bounds(of topic: TopicKey) async throws(StoreError) -> StreamBounds {
        await self.note(.topic(topic))
        return try await self.store.bounds(of: topic)
    }

    func idempotencyEntries(
        for key: IdempotencyKey,
        at now: Timestamp
    ) async throws(StoreError) -> [IdempotencyEntry] {
        try await self.store.idempotencyEntries(for: key, at: now)
    }

    func erase(_ streams: [TopicKey]) async throws(StoreError) { try await self.store.erase(streams) }

    func sweep(at now: Timestamp, retention: RetentionRule) async throws(StoreError) -> [TopicKey: StreamBounds] {
        try await self.store.sweep(at: now, retention: retention)
    }
}

extension WatchedStore: TopicStore {
    func topic(_ key: TopicKey) async throws(StoreError) -> StoredTopic? {
        await self.note(.topic(key))
        return try await self.store.topic(key)
    }

    func topicAndBounds(_ key: TopicKey) async throws(StoreError) -> (topic: StoredTopic?, bounds: StreamBounds) {
        await self.note(.topic(key))
        return try await self.store.topicAndBounds(key)
    }

    func createTopic(_ record: TopicRecord, within quota: TopicQuota) async throws(StoreError) -> TopicCreation {
        try await self.store.createTopic(record, within: quota)
    }

    func createTopic(
        _ record: TopicRecord,
        within quota: TopicQuota,
        appending batch: AppendBatch
    ) async throws(StoreError) -> FirstAppend {
        try await self.store.createTopic(record, within: quota, appending: batch)
    }

    func updateTopic(_ key: TopicKey, _ changes: TopicChanges) async throws(StoreError) -> StoredTopic? {
        try await self.store.updateTopic(key, changes)
    }

    func deleteTopic(_ key: TopicKey, erasing parts: [TopicKey]) async throws(StoreError) -> StreamBounds? {
        try await self.store.deleteTopic(key, erasing: parts)
    }

    func transition(_ transition: TopicTransition) async throws(StoreError) -> TransitionOutcome {
        try await self.store.transition(transition)
    }

    func topics(ofKind kind: String, after key: TopicKey?, limit: Int) async throws(StoreError) -> [StoredTopic] {
        try await self.store.topics(ofKind: kind, after: key, limit: limit)
    }

    func addGrant(_ grant: Grant, to key: TopicKey, limit: Int) async throws(StoreError) -> GrantAddition {
        try await self.store.addGrant(grant, to: key, limit: limit)
    }

    func removeGrant(of user: UserID, from key: TopicKey) async throws(StoreError) -> Bool {
        try await self.store.removeGrant(of: user, from: key)
    }

    func topics(of user: UserID, after key: TopicKey?, limit: Int) async throws(StoreError) -> [StoredTopic] {
        await self.note(.topicList)
        return try await self.store.topics(of: user, after: key, limit: limit)
    }

    func topicNames(ownedBy user: UserID, limit: Int) async throws(StoreError) -> [String] {
        await self.note(.topicList)
        return try await self.store.topicNames(ownedBy: user, limit: limit)
    }

    func topics(after key: TopicKey?, limit: Int) async throws(StoreError) -> [StoredTopic] {
        await self.note(.topicList)
        return try await self.store.topics(after: key, limit: limit)
    }

    func topicCounts() async throws(StoreError) -> TopicCounts { try await self.store.topicCounts() }
}

extension WatchedStore: UserStore {
    func createUser(_ user: User) async throws(StoreError) -> Bool { try await self.store.createUser(user) }

    func user(_ id: UserID) async throws(StoreError) -> User? {
        await self.note(.user(id))
        return try await self.store.user(id)
    }

    func user(named username: String) async throws(StoreError) -> User? {
        try await self.store.user(named: username)
    }

    func user(of identity: FederatedIdentity) async throws(StoreError) -> User? {
        try await self.store.user(of: identity)
    }

    func users(after user: UserPlace?, limit: Int) async throws(StoreError) -> [User] {
        await self.note(.userList)
        return try await self.store.users(after: user, limit: limit)
    }

    func userCounts() async throws(StoreError) -> UserCounts { try await self.store.userCounts() }

    func updateUser(_ id: UserID, _ changes: UserChanges) async throws(StoreError) -> User? {
        try await self.store.updateUser(id, changes)
    }

    func replacePasswordHash(of id: UserID, _ old: String, by new: String) async throws(StoreError) -> Bool {
        try await self.store.replacePasswordHash(of: id, old, by: new)
    }

    func deleteUser(_ id: UserID) async throws(StoreError) -> [TopicKey]? { try await self.store.deleteUser(id) }
}

extension WatchedStore: DenyListStore {
    func denyToken(_ jti: String, of user: UserID, until expiresAt: Timestamp) async throws(StoreError) {
        try await self.store.denyToken(jti, of: user, until: expiresAt)
    }

    func isTokenDenied(_ jti: String, at now: Timestamp) async throws(StoreError) -> Bool {
        await self.note(.token(jti: jti))
        return try await self.store.isTokenDenied(jti, at: now)
    }

    func deniedTokens(after entry: DeniedToken?, limit: Int) async throws(StoreError) -> [DeniedToken] {
        try await self.store.deniedTokens(after: entry, limit: limit)
    }

    func sweepDenyList(at now: Timestamp) async throws(StoreError) { try await self.store.sweepDenyList(at: now) }
}

extension WatchedStore: ReaderStore {
    func createReader(_ reader: StoredReader, within quota: ReaderQuota) async throws(StoreError) -> ReaderCreation {
        try await self.store.createReader(reader, within: quota)
    }

    func reader(_ reader: NamedReader) async throws(StoreError) -> StoredReader? {
        await self.note(.reader(reader))
        return try await self.store.reader(reader)
    }

    func moveReaders(_ moves: [ReaderMove]) async throws(StoreError) -> [ReaderPosition?] {
        try await self.store.moveReaders(moves)
    }

    func readers(
        of topic: TopicKey,
        ofUser user: UserID?,
        after reader: NamedReader?,
        limit: Int
    ) async throws(StoreError) -> [StoredReader] {
        try await self.store.readers(of: topic, ofUser: user, after: reader, limit: limit)
    }

    func deleteReader(_ reader: NamedReader) async throws(StoreError) -> Bool {
        try await self.store.deleteReader(reader)
    }

    func sweepReaders(unusedSince moment: Timestamp) async throws(StoreError) {
        try await self.store.sweepReaders(unusedSince: moment)
    }
}

extension WatchedStore: ServiceTokenStore {
    func insertServiceToken(
        _ token: ServiceToken,
        generation: Int64,
        most: Int
    ) async throws(StoreError) -> ServiceTokenInsertion {
        try await self.store.insertServiceToken(token, generation: generation, most: most)
    }

    func serviceToken(_ id: String) async throws(StoreError) -> ServiceToken? {
        try await self.store.serviceToken(id)
    }

    func serviceTokens(
        of user: UserID?,
        after place: ServiceTokenPlace?,
        limit: Int
    ) async throws(StoreError) -> [ServiceToken] {
        try await self.store.serviceTokens(of: user, after: place, limit: limit)
    }

    func removeServiceToken(_ id: String) async throws(StoreError) -> Bool {
        try await self.store.removeServiceToken(id)
    }

    func sweepServiceTokens(at now: Timestamp) async throws(StoreError) {
        try await self.store.sweepServiceTokens(at: now)
    }
}

extension WatchedStore: WebhookStore {
    func insertWebhook(
        _ webhook: StoredWebhook,
        within quota: WebhookQuota
    ) async throws(StoreError) -> WebhookInsertion {
        try await self.store.insertWebhook(webhook, within: quota)
    }

    func webhook(_ id: String) async throws(StoreError) -> StoredWebhook? { try await self.store.webhook(id) }

    func webhooks(
        of user: UserID?,
        after id: String?,
        limit: Int
    ) async throws(StoreError) -> [StoredWebhook] {
        await self.note(.webhookList)
        return try await self.store.webhooks(of: user, after: id, limit: limit)
    }

    func switchWebhook(_ id: String, _ wanted: WebhookSwitch) async throws(StoreError) -> StoredWebhook? {
        try await self.store.switchWebhook(id, wanted)
    }

    func recordHealth(
        _ health: WebhookHealth,
        ofWebhook id: String,
        revision: Int64
    ) async throws(StoreError) -> Bool {
        try await self.store.recordHealth(health, ofWebhook: id, revision: revision)
    }

    func removeWebhook(_ id: String) async throws(StoreError) -> Bool { try await self.store.removeWebhook(id) }

    func leaseWebhooks(
        _ ids: [String],
        to holder: String,
        seconds: Int64
    ) async throws(StoreError) -> Set<String> {
        try await self.store.leaseWebhooks(ids, to: holder, seconds: seconds)
    }

    func releaseWebhooks(_ ids: [String], of holder: String) async throws(StoreError) {
        try await self.store.releaseWebhooks(ids, of: holder)
    }

    func tellReaders(
        _ topics: [String],
        ofWebhook id: String,
        on relay: String,
        seconds: Int64
    ) async throws(StoreError) {
        try await self.store.tellReaders(topics, ofWebhook: id, on: relay, seconds: seconds)
    }

    func topicsWithReaders(ofWebhook id: String) async throws(StoreError) -> Set<String> {
        try await self.store.topicsWithReaders(ofWebhook: id)
    }
}

extension WatchedStore: StreamTransferStore {
    func streams(after place: String?, limit: Int) async throws(StoreError) -> StreamListing {
        try await self.store.streams(after: place, limit: limit)
    }

    func importStream(_ part: StreamPart) async throws(StoreError) -> StreamImportOutcome {
        try await self.store.importStream(part)
    }
}

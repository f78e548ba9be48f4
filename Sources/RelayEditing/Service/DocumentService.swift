import NIOCore
public import RelayCore
public import RelayDocuments
public import RelayWire
import Synchronization

/// The documents that are in memory, and what is done about them: each is loaded once, for however many come at the same time, follows its
/// topic while somebody uses it, and goes a while after the last has left.
///
/// Owner of which are loaded: its lock. Work that takes long goes to ``DocumentKeeper``.
public final class DocumentService: Sendable {
    /// What the keeper is to do.
    enum Work: Sendable {
        case announce(Draft, TopicKey)
        /// Says again what its stream has lost.
        case publish(LoadedDocument)
        /// Follows the topic from its beginning: it is new in memory, or its stream has lost something.
        case follow(LoadedDocument)
    }

    public let settings: DocumentSettings
    let broker: Broker
    let memory: MemoryLedger
    private let sharing: (any DocumentSharing)?
    public let snapshotCounts = SnapshotCounts()
    private let documents = Mutex<[TopicKey: LoadedDocument]>([:])
    let work: AsyncStream<Work>
    private let workers: AsyncStream<Work>.Continuation
    /// Of which a snapshot is to be made. Apart from the other work, so that nobody's loading waits for it.
    let compactions: AsyncStream<LoadedDocument>
    private let compactors: AsyncStream<LoadedDocument>.Continuation
    private let whenMade: @Sendable (DocumentName, Principal) -> Void
    /// Where a document lives that is loaded for nobody who has a loop; nil once the relay stops.
    let anyLoop: @Sendable () -> (any DocumentLoop)?

    /// - Parameters:
    ///   - anyLoop: where a document lives that is loaded for who only publishes to its topic.
    ///   - sharing: begins documents within sessions; nil where there are no sessions.
    ///   - whenMade: is told of documents that this makes, and for whom. Called outside of any lock.
    public init(
        settings: DocumentSettings,
        broker: Broker,
        memory: MemoryLedger,
        anyLoop: @escaping @Sendable () -> (any DocumentLoop)?,
        sharing: (any DocumentSharing)? = nil,
        whenMade: @escaping @Sendable (DocumentName, Principal) -> Void = { _, _ in }
    ) {
        self.settings = settings
        self.sharing = sharing
        self.whenMade = whenMade
        self.anyLoop = anyLoop
        self.broker = broker
        self.memory = memory
        (self.work, self.workers) = AsyncStream.makeStream()
        (self.compactions, self.compactors) = AsyncStream.makeStream()
        broker.ask(self)
    }

    /// The catalog's behaviours for documents.
    ///
    /// - Parameter sessions: of documents that are not on their own; nil where there are only those that are.
    public static func behaviors(
        _ settings: DocumentSettings,
        within sessions: (any DocumentHome)? = nil
    ) -> [any TopicBehavior] {
        [OwnDocuments(), sessions].compactMap(\.self).flatMap { (home: any DocumentHome) -> [any TopicBehavior] in
            [
                DocumentTopic(settings: settings, in: home), AwarenessTopic(settings: settings, in: home),
                StatelessTopic(in: home),
            ]
        }
    }

    var loaded: [LoadedDocument] { self.documents.withLock { Array($0.values) } }

    // MARK: Opening

    /// Lets somebody into a document.
    ///
    /// - Parameters:
    ///   - loop: where the document lives if it is not in memory yet.
    ///   - address: where people without a token come from: among these their place is counted.
    ///   - createsMissing: whether one that does not exist is made, where `principal` may make it.
    /// - Returns: its use, with the content in memory: all that was stored at this relay before the call. It ends with the last reference to it.
    public func open(
        _ name: DocumentName,
        on loop: any DocumentLoop,
        as principal: Principal,
        from address: String? = nil,
        createsMissing: Bool = true
    ) async throws(DocumentRefusal) -> DocumentUse {
        let (topicID, last) = try await self.asking { () async throws(BrokerError) in
            try await self.topic(of: name, as: principal, createsMissing: createsMissing)
        }
        let holder = principal.isRelay ? nil : principal.isAnonymous ? address ?? "" : principal.id.rawValue
        let use = try self.use(name, of: topicID, on: loop, by: holder)
        try await self.asking { () async throws(BrokerError) in try await use.document.whenReady() }
        await use.document.whenRead(through: last)
        return use
    }

    private func asking<Value>(
        _ ask: () async throws(BrokerError) -> Value
    ) async throws(DocumentRefusal) -> Value {
        do throws(BrokerError) {
            return try await ask()
        } catch {
            throw .broker(error)
        }
    }

    /// - Returns: the id of the topic's record, and of its last message.
    private func topic(
        of name: DocumentName,
        as principal: Principal,
        createsMissing: Bool
    ) async throws(BrokerError) -> (id: String, last: MessageID) {
        let key = TopicKey(name: name.topicName)
        if !createsMissing {
            try await self.find(key, as: principal)
        } else if try await self.findOrMake(name, key, as: principal) {
            self.whenMade(name, principal)
        }
        let open = try await self.broker.topic(key, for: .look, as: principal)
        guard let record = open.access.record else { throw .missing }
        return (record.id, open.topic.bounds.last)
    }

    /// - Returns: whether it is new.
    private func findOrMake(
        _ name: DocumentName,
        _ key: TopicKey,
        as principal: Principal
    ) async throws(BrokerError) -> Bool {
        guard name.session == nil else { return try await self.findOrShare(name, key, as: principal) }
        return try await self.findOrCreate(key, as: principal)
    }

    /// - Returns: whether it is new.
    private func findOrCreate(_ key: TopicKey, as principal: Principal) async throws(BrokerError) -> Bool {
        let open = try await self.broker.topic(key, for: .join, as: principal)
        guard open.access.record == nil else { return false }
        guard principal.permissions.contains(.write) else { throw .missing }
        do throws(BrokerError) {
            _ = try await self.broker.createTopic(key, isPublic: false, description: nil, by: principal)
            return true
        } catch .exists {
            // Somebody else was first, who may have made it for others only. If that was at another relay, this one may not have heard of it.
            _ = try await self.broker.topicAsStored(key, for: .join, as: principal)
            return false
        }
    }

    /// - Returns: whether the session has it only now.
    private func findOrShare(
        _ name: DocumentName,
        _ key: TopicKey,
        as principal: Principal
    ) async throws(BrokerError) -> Bool {
        do throws(BrokerError) {
            _ = try await self.broker.topic(key, for: .join, as: principal)
            return false
        } catch .missing {
            // For who holds a ticket there are no sessions but its own, and for who holds a service token there are none.
            guard let sharing = self.sharing, principal.reaches(name.root) else {
                throw .missing
            }
            let isNew = try await sharing.share(name, as: principal)
            _ = try await self.broker.topic(key, for: .join, as: principal)
            return isNew
        }
    }

    private func use(
        _ name: DocumentName,
        of topicID: String,
        on loop: any DocumentLoop,
        by holder: String?
    ) throws(DocumentRefusal) -> DocumentUse {
        guard self.memory.charge(0, to: .documents) else { throw .noMemory }
        let entered = try self.documents.withLock { documents throws(DocumentRefusal) in
            try self.enter(name, of: topicID, on: loop, by: holder, &documents)
        }
        if let replaced = entered.replaced { self.ended(replaced, .missing) }
        if let idle = entered.unloaded { self.unloaded(idle) }
        let use = DocumentUse(entered.document, entered.connection, self)
        if entered.isNew, case .terminated = self.workers.yield(.follow(entered.document)) {
            self.ended(entered.document, .overloaded)
        }
        return use
    }

    private struct Entered {
        let document: LoadedDocument
        let connection: UInt64
        var isNew = false
        /// What was in memory of a topic of that name that is gone.
        var replaced: LoadedDocument?
        /// What had to make room.
        var unloaded: LoadedDocument?
    }

    /// Under the lock: who is let in finds no document that is about to be unloaded.
    private func enter(
        _ name: DocumentName,
        of topicID: String,
        on loop: any DocumentLoop,
        by holder: String?,
        _ documents: inout [TopicKey: LoadedDocument]
    ) throws(DocumentRefusal) -> Entered {
        let key = TopicKey(name: name.topicName)
        let known = documents[key]
        if let known, known.isInService, known.topicID == topicID {
            return Entered(document: known, connection: try known.enter(holder))
        }
        let now = self.broker.clock.uptime()
        let document = LoadedDocument(name, of: topicID, on: loop, self.settings, self.memory, at: now)
        let connection = try document.enter(holder)
        var entered = Entered(document: document, connection: connection, isNew: true, replaced: known)
        if known == nil, documents.count >= self.settings.maxLoaded {
            guard let idle = documents.values.first(where: { $0.isUnused && $0.isPublished }) else {
                throw .tooManyDocuments
            }
            documents[idle.key] = nil
            entered.unloaded = idle
        }
        documents[key] = document
        return entered
    }

    /// What a document is now, in short; see ``LoadedDocument/summary``.
    ///
    /// - Parameter loop: as in ``open(_:on:as:createsMissing:)``.
    public func summary(
        of name: DocumentName,
        on loop: any DocumentLoop
    ) async throws(DocumentRefusal) -> (revision: MessageID, stateVector: StateVector, bytes: Int) {
        try await self.using(name, on: loop) { $0.summary }
    }

    /// Looks into a document for the relay. Where it is in memory, that is not counted among its connections.
    func using<Value: Sendable>(
        _ name: DocumentName,
        on loop: any DocumentLoop,
        _ look: (LoadedDocument) -> Value
    ) async throws(DocumentRefusal) -> Value {
        guard let document = self.loaded(TopicKey(name: name.topicName)) else {
            let use = try await self.open(name, on: loop, as: .relay, createsMissing: false)
            return look(use.document)
        }
        try await self.asking { () async throws(BrokerError) in try await document.whenReady() }
        return look(document)
    }

    func loaded(_ key: TopicKey) -> LoadedDocument? { self.documents.withLock { $0[key] } }

    /// Whether the document is the one that its topic stands for in the store. Another relay may have deleted that a moment ago, and made it again.
    public func isStored(_ document: LoadedDocument) async throws(BrokerError) -> Bool {
        do throws(BrokerError) {
            let open = try await self.broker.topicAsStored(document.key, for: .look, as: .relay)
            return open.access.record?.id == document.topicID
        } catch .missing {
            return false
        }
    }

    /// Whether `principal` may publish updates of the document, as far as it is known here; nil where the store would have to be asked.
    public func mayWrite(_ document: LoadedDocument, as principal: Principal) -> Bool? {
        do throws(BrokerError) {
            return try self.broker.topicAtHand(document.key, for: .publish, as: principal).map { _ in true }
        } catch {
            return false
        }
    }

    // MARK: Following

    /// Has the document read its topics from their beginnings.
    func follow(_ document: LoadedDocument) async {
        do throws(BrokerError) {
            for _ in 0..<8 {
                let updates = try await self.broker.topic(document.key, for: .join, as: .relay)
                let awareness = try await self.broker.topic(document.awarenessKey, for: .join, as: .relay)
                if await self.follow(document, [updates.topic, awareness.topic]) { return }
            }
            throw .overloaded
        } catch {
            self.ended(document, error)
        }
    }

    private func follow(_ document: LoadedDocument, _ topics: [Topic]) async -> Bool {
        let joined = document.loop.eventLoop.submit {
            // The relay stops.
            guard let loop = document.loop.readers else {
                self.ended(document, .overloaded)
                return true
            }
            let follower = DocumentFollower(document, self)
            guard follower.join(topics, by: loop) else { return false }
            // Whoever ended it meanwhile found no follower to stop.
            if !document.follow(by: FollowerBox(follower, document.loop.eventLoop)) { follower.leave(loop) }
            return true
        }
        return (try? await joined.get()) ?? true
    }

    /// Nobody works on documents any more, and none is loaded.
    func stopped() {
        self.workers.finish()
        self.compactors.finish()
        for document in self.loaded { self.ended(document, .overloaded) }
    }

    /// On the document's loop.
    func follow(_ document: LoadedDocument, insteadOf follower: DocumentFollower) {
        document.loop.eventLoop.assumeIsolated().execute {
            if let loop = document.loop.readers { follower.leave(loop) }
            self.workers.yield(.follow(document))
        }
    }

    private func end(_ document: LoadedDocument, _ error: BrokerError) {
        guard let box = document.end(error) else { return }
        document.loop.eventLoop.execute {
            if let loop = document.loop.readers { box.follower.leave(loop) }
        }
    }

    // MARK: Ending

    func ended(_ document: LoadedDocument, _ error: BrokerError) {
        self.end(document, error)
        self.documents.withLock { if $0[document.key] === document { $0[document.key] = nil } }
    }

    func left(_ document: LoadedDocument, _ connection: UInt64) {
        let (removals, idle) = document.leave(connection)
        self.tell(removals, in: document)
        if let idle { self.unloadLater(document, idle) }
    }

    private func unloadLater(_ document: LoadedDocument, _ idle: Int) {
        document.loop.eventLoop.scheduleTask(in: TimeAmount(self.settings.idle)) { self.unload(document, idle) }
    }

    private func unload(_ document: LoadedDocument, _ idle: Int) {
        // Nobody else may have what its stream has lost.
        guard document.isPublished else { return self.unloadLater(document, idle) }
        let isUnloaded = self.documents.withLock { documents in
            guard documents[document.key] === document, document.isIdle(since: idle) else { return false }
            documents[document.key] = nil
            return true
        }
        if isUnloaded { self.unloaded(document) }
    }

    private func unloaded(_ document: LoadedDocument) {
        self.end(document, .moved)
        if document.copyForCompaction().log.isWorthwhileAtEnd(self.settings) { self.compact(document) }
    }

    // MARK: Saying

    /// Tells all who are in the document, on all relays, of these entries. What can't be stored now is lost: who is present says so again.
    func tell(_ entries: [AwarenessEntry], in document: LoadedDocument) {
        for entry in entries {
            let draft = Draft(entry, at: self.broker.clock.now())
            self.announce(draft, to: document.awarenessKey)
        }
    }

    /// Does for all documents what is due by now. To be called from time to time.
    func timePassed() {
        let now = self.broker.clock.uptime()
        for document in self.loaded {
            self.tell(document.timePassed(at: now), in: document)
            if !document.isPublished { self.publishAgain(document) }
        }
    }

    /// Has what the stream has lost said once more.
    func publishAgain(_ document: LoadedDocument) { self.workers.yield(.publish(document)) }

    private func announce(_ draft: Draft, to key: TopicKey) {
        let isPublished = self.broker.publishNow(Broker.Item(key: key, draft: draft), as: .relay) { _ in }
        if !isPublished { self.workers.yield(.announce(draft, key)) }
    }

    /// Has a snapshot made.
    func compact(_ document: LoadedDocument) { self.compactors.yield(document) }
}

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
        case compact(LoadedDocument)
        case announce(Draft, TopicKey)
        /// Follows the topic from its beginning: it is new in memory, or its stream has lost something.
        case follow(LoadedDocument)
    }

    public let settings: DocumentSettings
    let broker: Broker
    let memory: MemoryLedger
    let counts = DocumentCounts()
    private let documents = Mutex<[TopicKey: LoadedDocument]>([:])
    /// On the document's loop only.
    private let followers = Mutex<[ObjectIdentifier: FollowerBox]>([:])
    let work: AsyncStream<Work>
    private let workers: AsyncStream<Work>.Continuation
    private let whenMade: @Sendable (DocumentName, Principal) -> Void

    /// - Parameter whenMade: is told of documents that this makes, and for whom. Called outside of any lock.
    public init(
        settings: DocumentSettings,
        broker: Broker,
        memory: MemoryLedger,
        whenMade: @escaping @Sendable (DocumentName, Principal) -> Void = { _, _ in }
    ) {
        self.settings = settings
        self.whenMade = whenMade
        self.broker = broker
        self.memory = memory
        (self.work, self.workers) = AsyncStream.makeStream()
    }

    /// The catalog's behaviours for documents.
    public static func behaviors(_ settings: DocumentSettings) -> [any TopicBehavior] {
        [DocumentTopic(settings: settings), AwarenessTopic(settings: settings), StatelessTopic(settings: settings)]
    }

    var loaded: [LoadedDocument] { self.documents.withLock { Array($0.values) } }

    // MARK: Opening

    /// Lets somebody into a document.
    ///
    /// - Parameter isMade: whether one that does not exist is made, where `principal` may make it.
    /// - Parameter loop: where the document lives if it is not in memory yet.
    /// - Returns: its use, with the content in memory; it ends with the last reference to it.
    public func open(
        _ name: DocumentName,
        on loop: any DocumentLoop,
        as principal: Principal,
        isMade: Bool = true
    ) async throws(DocumentRefusal) -> DocumentUse {
        do throws(BrokerError) {
            let key = TopicKey(name: name.topicName)
            if isMade {
                if try await self.findOrCreate(key, as: principal) { self.whenMade(name, principal) }
            } else {
                try await self.find(key, as: principal)
            }
        } catch {
            throw .broker(error)
        }
        let use = try self.use(name, on: loop)
        do throws(BrokerError) {
            try await use.document.whenReady()
        } catch {
            throw .broker(error)
        }
        return use
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
            // Somebody else was first, who may have made it for others only.
            _ = try await self.broker.topic(key, for: .join, as: principal)
            return false
        }
    }

    private func use(_ name: DocumentName, on loop: any DocumentLoop) throws(DocumentRefusal) -> DocumentUse {
        let key = TopicKey(name: name.topicName)
        guard self.memory.charge(0, to: .documents) else { throw .noMemory }
        // Who is let in under the lock finds no document that is about to be unloaded.
        let (document, connection, isNew) = try self.documents.withLock { documents throws(DocumentRefusal) in
            if let document = documents[key], document.isInService {
                guard let connection = document.enter() else { throw .tooManyConnections }
                return (document, connection, false)
            }
            guard documents.count < self.settings.maxLoaded else { throw .tooManyDocuments }
            let document = LoadedDocument(name, on: loop, self.settings, self.memory)
            guard let connection = document.enter() else { throw .tooManyConnections }
            documents[key] = document
            return (document, connection, true)
        }
        let use = DocumentUse(document, connection, self)
        if isNew, case .terminated = self.workers.yield(.follow(document)) { self.ended(document, .overloaded) }
        return use
    }

    /// What a document is now, in short; see ``LoadedDocument/summary``. Where it is in memory, who asks is not counted among its connections.
    ///
    /// - Parameter loop: as in ``open(_:on:as:isMade:)``.
    public func summary(
        of name: DocumentName,
        on loop: any DocumentLoop
    ) async throws(DocumentRefusal) -> (revision: MessageID, stateVector: StateVector, bytes: Int) {
        guard let document = self.documents.withLock({ $0[TopicKey(name: name.topicName)] }) else {
            return try await self.open(name, on: loop, as: .relay, isMade: false).document.summary
        }
        do throws(BrokerError) {
            try await document.whenReady()
        } catch {
            throw .broker(error)
        }
        return document.summary
    }

    /// Whether `principal` may publish updates of the document now.
    public func mayWrite(_ document: LoadedDocument, as principal: Principal) -> Bool {
        do throws(BrokerError) {
            return try self.broker.topicAtHand(document.key, for: .publish, as: principal) != nil
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
            self.followers.withLock { $0[ObjectIdentifier(document)] = FollowerBox(follower, document.loop.eventLoop) }
            // Whoever ended it meanwhile found no follower to stop.
            if !document.isInService { self.stopFollowing(document) }
            return true
        }
        return (try? await joined.get()) ?? true
    }

    /// Nobody works on documents any more, and none is loaded.
    func stopped() {
        self.workers.finish()
        for document in self.loaded { self.ended(document, .overloaded) }
    }

    /// On the document's loop.
    func follow(_ document: LoadedDocument, insteadOf follower: DocumentFollower) {
        document.loop.eventLoop.assumeIsolated().execute {
            if let loop = document.loop.readers { follower.leave(loop) }
            self.workers.yield(.follow(document))
        }
    }

    private func stopFollowing(_ document: LoadedDocument) {
        let box = self.followers.withLock { $0.removeValue(forKey: ObjectIdentifier(document)) }
        guard let box else { return }
        document.loop.eventLoop.execute {
            if let loop = document.loop.readers { box.follower.leave(loop) }
        }
    }

    // MARK: Ending

    func ended(_ document: LoadedDocument, _ error: BrokerError) {
        document.end(error)
        self.documents.withLock { if $0[document.key] === document { $0[document.key] = nil } }
        self.stopFollowing(document)
    }

    func left(_ document: LoadedDocument, _ connection: UInt64) {
        let (removals, idle) = document.leave(connection)
        self.tell(removals, in: document)
        guard let idle else { return }
        document.loop.eventLoop.scheduleTask(in: TimeAmount(self.settings.idle)) { self.unload(document, idle) }
    }

    private func unload(_ document: LoadedDocument, _ idle: Int) {
        let isUnloaded = self.documents.withLock { documents in
            guard documents[document.key] === document, document.isIdle(since: idle) else { return false }
            documents[document.key] = nil
            return true
        }
        guard isUnloaded else { return }
        document.end(.moved)
        self.stopFollowing(document)
        if document.copyForCompaction().log.isWorthwhileAtEnd(self.settings) { self.compact(document) }
    }

    // MARK: Saying

    /// Tells all who are in the document, on all relays, of these entries.
    ///
    /// - Parameter principal: who says so.
    func tell(_ entries: [AwarenessEntry], in document: LoadedDocument) {
        for entry in entries {
            let draft = Draft(entry, at: self.broker.clock.now())
            self.announce(draft, to: document.awarenessKey)
        }
    }

    /// What the stream has lost is said once more.
    func publish(_ update: [UInt8], again document: LoadedDocument) {
        let payload = ByteBuffer(bytes: update)
        self.announce(Draft(timestamp: self.broker.clock.now(), payload: payload, format: .binary), to: document.key)
    }

    private func announce(_ draft: Draft, to key: TopicKey) {
        let isPublished = self.broker.publishNow(Broker.Item(key: key, draft: draft), as: .relay) { _ in }
        if !isPublished { self.workers.yield(.announce(draft, key)) }
    }

    /// Has a snapshot made.
    func compact(_ document: LoadedDocument) { self.workers.yield(.compact(document)) }
}

/// A follower, which is touched on its loop only.
private struct FollowerBox: Sendable {
    private let bound: NIOLoopBound<DocumentFollower>

    init(_ follower: DocumentFollower, _ loop: any EventLoop) {
        self.bound = NIOLoopBound(follower, eventLoop: loop)
    }

    var follower: DocumentFollower { self.bound.value }
}

/// Somebody's use of a document: keeps it in memory. Ends with the last reference to it, and with it what its connection showed of
/// itself.
public final class DocumentUse: Sendable {
    public let document: LoadedDocument
    /// Tells the uses of a document apart.
    public let connection: UInt64
    private let service: DocumentService

    fileprivate init(_ document: LoadedDocument, _ connection: UInt64, _ service: DocumentService) {
        self.document = document
        self.connection = connection
        self.service = service
    }

    deinit { self.service.left(self.document, self.connection) }
}

import Logging
import NIOCore
import RelayAccess
import RelayCore
import RelayEditing
import RelayMetrics
import RelaySessions
import RelayWire

/// The composition root: makes every part once and hands each the others that it needs.
struct RelayParts: Sendable {
    let access: Access
    let broker: Broker
    let loops: DeliveryLoops
    let lane: TaskLane
    let services: HTTPServices
    /// What a port for metrics alone serves.
    let metricsServices: HTTPServices
    let sessions: RelaySessionParts
    let documents: DocumentService
    /// Nil where nobody is told of documents.
    let webhook: RelayWebhookParts?
    let changes: DocumentChangeTeller?
    let peers: RelayPeerParts
    let punches: PunchCoordinator
    let paths: PathKeeper
    /// Nil where there is no relay to tell.
    let pathTeller: PathTeller?
    let draining = Draining()
    let upkeep: Upkeep
    let streamWatch: StreamWatch
    let changeWatch: ChangeWatch
    let memoryWatch: MemoryWatch

    init(
        configuration: RelayConfiguration,
        store: any RelayStore,
        hasher: PasswordHasher,
        secret: Secret,
        group: any EventLoopGroup,
        logger: Logger,
        droppedLogLines: @escaping @Sendable () -> Int = { 0 }
    ) async throws {
        let heart = try Heart(configuration, store, hasher, secret)
        self.access = heart.access
        self.broker = heart.broker
        self.loops = try await DeliveryLoops.start(
            on: group,
            broker: heart.broker,
            endsExpired: configuration.access.endsExpiredConnections,
            peerTimeout: TimeAmount(configuration.server.peerTimeout)
        )
        self.lane = TaskLane(maxJobs: configuration.server.maxConnections)
        self.upkeep = Upkeep(broker: heart.broker, access: heart.access, logger: logger)
        self.streamWatch = StreamWatch(broker: heart.broker, logger: logger)
        self.memoryWatch = MemoryWatch(
            ledger: heart.memory,
            broker: heart.broker,
            loops: self.loops,
            logger: logger
        )
        self.changeWatch = ChangeWatch(
            store: store as? any SharedStore,
            broker: heart.broker,
            authenticator: heart.access.authenticator,
            logger: logger
        )
        self.sessions = try RelaySessionParts.open(
            configuration,
            store,
            heart.broker,
            heart.messages,
            secret: secret
        )
        let webhook = RelayWebhookParts.open(
            configuration.documents,
            memory: heart.memory,
            clock: heart.broker.clock,
            on: group,
            logger: logger
        )
        self.webhook = webhook
        let loops = self.loops
        let documents = DocumentService(
            settings: configuration.documents.settings,
            broker: heart.broker,
            memory: heart.memory,
            anyLoop: { loops.any },
            sharing: SessionDocumentSharing(sessions: self.sessions.service),
            whenMade: { webhook?.documents.created($0, by: $1) }
        )
        self.documents = documents
        self.changes = webhook.map {
            DocumentChangeTeller(
                $0.documents,
                hearing: heart.broker.heard(by: .documents),
                of: documents,
                on: loops,
                clock: heart.broker.clock
            )
        }
        self.peers = RelayPeerParts(configuration, secret: secret, clock: heart.broker.clock)
        heart.access.authenticator.takeTickets(readBy: SessionTicketReader(service: self.sessions.service))
        let edges = RelayEdges(
            configuration: configuration,
            store: store,
            access: heart.access,
            broker: heart.broker,
            sessions: self.sessions,
            documents: self.documents,
            webhook: webhook,
            peers: self.peers,
            draining: self.draining,
            memory: heart.memory,
            loops: self.loops,
            lane: self.lane,
            iceServers: configuration.iceServers(secret: secret),
            secret: secret,
            logger: logger,
            logMetrics: LogMetrics(droppedLines: droppedLogLines)
        ).make()
        (self.services, self.metricsServices) = (edges.relay, edges.metrics)
        self.punches = edges.punches
        self.paths = PathKeeper(ledger: edges.punches.paths, service: self.sessions.service)
        self.pathTeller =
            store is any SharedStore
            ? PathTeller(ledger: edges.punches.paths, service: self.sessions.service, logger: logger) : nil
        self.watchAccess()
        store.unreadable?.observe { place, reason in
            logger.error(
                "a stored record can't be read, and is left out: the relay goes on without it",
                metadata: ["record": "\(place)", "reason": "\(reason)"]
            )
        }
    }

    /// Every change of a user or a token reaches the open connections of that user at once.
    private func watchAccess() {
        let loops = self.loops
        self.access.authenticator.observe { change in
            switch change {
            case .userChanged(let user), .tokenRevoked(_, let user): loops.accessMayHaveChanged(of: user)
            }
        }
    }
}

/// Who may do what, and the messages: what all edges serve.
private struct Heart {
    let access: Access
    let broker: Broker
    let memory: MemoryLedger
    let messages = SessionMessageCounts()

    init(
        _ configuration: RelayConfiguration,
        _ store: any RelayStore,
        _ hasher: PasswordHasher,
        _ secret: Secret
    ) throws {
        let clock = RelayClock.system
        self.memory = MemoryLedger(limits: configuration.memoryLimits(machine: MachineMemory().bytes))
        self.access = try Access(
            store: store,
            hasher: hasher,
            settings: configuration.accessSettings(secret: secret),
            now: clock.now
        )
        let feed = (store as? any SharedStore)?.feed
        self.broker = Broker(
            store: store,
            hotStore: configuration.transientStore,
            feed: feed,
            catalog: TopicCatalog(
                configuration.topicBehaviors(counting: self.messages),
                scope: configuration.topicScope
            ),
            limits: configuration.brokerLimits,
            memory: self.memory,
            durability: configuration.storage.brokerDurability,
            clock: clock
        )
        self.broker.startFollowing()
    }
}

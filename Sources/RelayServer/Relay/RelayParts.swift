import Logging
import NIOCore
import RelayAccess
import RelayCore
import RelayEditing
import RelayMetrics
import RelayPresence
import RelaySessions
import RelayTelemetry
import RelayWire

/// The composition root: makes every part once and hands each the others that it needs.
struct RelayParts: Sendable {
    let access: Access
    let broker: Broker
    let acks: AckKeeper
    let loops: DeliveryLoops
    let lane: TaskLane
    let services: HTTPServices
    /// What a port for metrics alone serves.
    let metricsServices: HTTPServices
    /// What a port for Pulse alone serves.
    let pulseServices: HTTPServices
    /// For connections that choose HTTP/2.
    let http2: HTTP2Services
    let sessions: RelaySessionParts
    let documents: DocumentService
    let presence: PresenceService
    /// Nil where nobody is told of documents.
    let webhook: RelayWebhookParts?
    let changes: DocumentChangeTeller?
    let webhooks: TopicWebhookParts
    let peers: RelayPeerParts
    let quic: QUICRelayServices
    let punches: PunchCoordinator
    let paths: PathKeeper
    let history: MetricHistory
    /// Nil where there is no relay to tell.
    let pathTeller: PathTeller?
    /// What the relay asks other servers by.
    let outgoing: OutgoingHTTP
    let draining = Draining()
    let upkeep: Upkeep
    let streamWatch: StreamWatch
    let changeWatch: ChangeWatch
    let memoryWatch: MemoryWatch
    let telemetry: Telemetry
    let registry: PrometheusRegistry
    /// Whose lines are exported besides, where lines are.
    let logger: Logger
    let herald: NodeHerald
    let audit: AuditTrail
    let reloader: ConfigurationReloader
    let signIn: Adjustable<SignInServices>
    /// Of one address, for connections of any kind.
    let addressLimits: Adjustable<AddressTable.Limits>

    /// - Parameters:
    ///   - quic: what QUIC clients are shown; nil where there is no QUIC relay.
    ///   - live: what reads the configuration again; nil where it stays as it is.
    init(
        configuration: RelayConfiguration,
        store: any RelayStore,
        hasher: PasswordHasher,
        secret: Secret,
        group: any EventLoopGroup,
        logger: Logger,
        certificate: ServedCertificate? = nil,
        quic: QUICIdentity? = nil,
        live: LiveConfiguration? = nil,
        droppedLogLines: @escaping @Sendable () -> Int = { 0 }
    ) async throws {
        let heart = try Heart(configuration, store, hasher, secret)
        let live =
            live ?? LiveConfiguration(EffectiveConfiguration(configuration), now: heart.broker.clock.now, loader: nil)
        let telemetry = try LiveTelemetry(
            configuration.telemetry,
            memory: heart.memory,
            clock: heart.broker.clock,
            on: group,
            logger: logger
        )
        telemetry.follow(live)
        self.telemetry = telemetry.telemetry
        let logger = self.telemetry.exporting(logger, now: heart.broker.clock.now)
        self.logger = logger
        self.access = heart.access
        self.broker = heart.broker
        self.acks = AckKeeper(cursors: heart.cursors, logger: logger)
        self.presence = PresenceService(
            settings: configuration.presenceSettings,
            broker: heart.broker,
            memory: heart.memory,
            leases: (store as? any SharedDeadlines)?.deadlines(for: .presence)
        )
        self.loops = try await DeliveryLoops.start(
            on: group,
            broker: heart.broker,
            presence: self.presence,
            endsExpired: configuration.access.endsExpiredConnections,
            peerTimeout: TimeAmount(configuration.server.peerTimeout)
        )
        self.lane = TaskLane(maxJobs: configuration.server.maxConnections)
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
        self.webhooks = TopicWebhookParts.open(
            configuration,
            store: store,
            cursors: heart.cursors,
            authenticator: heart.access.authenticator,
            memory: heart.memory,
            tracer: self.telemetry.tracer,
            on: group,
            logger: logger
        )
        self.peers = RelayPeerParts(configuration, secret: secret, clock: heart.broker.clock, quic: quic)
        heart.access.authenticator.takeTickets(readBy: SessionTicketReader(service: self.sessions.service))
        let outgoing = OutgoingHTTP(on: group, authorities: configuration.signIn.authorityPath)
        self.outgoing = outgoing
        let signIn = LiveSignIn(
            configuration.signIn,
            access: heart.access,
            http: outgoing,
            uptime: heart.broker.clock.uptime,
            logger: logger
        )
        self.signIn = signIn.services
        self.history = MetricHistory(clock: heart.broker.clock)
        let edges = RelayEdges(
            configuration: configuration,
            store: store,
            access: heart.access,
            broker: heart.broker,
            cursors: heart.cursors,
            sessions: self.sessions,
            documents: self.documents,
            presence: self.presence,
            webhook: webhook,
            webhooks: self.webhooks,
            peers: self.peers,
            draining: self.draining,
            memory: heart.memory,
            history: self.history,
            loops: self.loops,
            lane: self.lane,
            iceServers: configuration.iceServers(secret: secret),
            signIn: signIn.services,
            secret: secret,
            logger: logger,
            logMetrics: LogMetrics(droppedLines: droppedLogLines),
            certificate: certificate,
            telemetry: self.telemetry,
            live: live
        ).make()
        signIn.follow(live, from: configuration.signIn, metrics: edges.signIns)
        self.registry = edges.registry
        (self.services, self.metricsServices, self.pulseServices) = (edges.relay, edges.metrics, edges.pulse)
        let http2 = configuration.http2Services(heart.access.rateLimiter)
        self.http2 = http2
        let addressLimits = Adjustable(configuration.server.addressLimits)
        self.addressLimits = addressLimits
        Self.follow(live, http2, addressLimits)
        self.punches = edges.punches
        self.quic = edges.quic
        self.herald = NodeHerald(directory: edges.directory, logger: logger)
        self.audit = edges.audit
        self.reloader = edges.reloader
        self.upkeep = Upkeep(
            broker: heart.broker,
            cursors: heart.cursors,
            access: heart.access,
            audit: edges.audit,
            logger: logger
        )
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

    /// What the listener goes by follows the configuration.
    private static func follow(
        _ live: LiveConfiguration,
        _ http2: HTTP2Services,
        _ addressLimits: Adjustable<AddressTable.Limits>
    ) {
        live.observe { configuration in
            addressLimits.change(to: configuration.server.addressLimits)
            http2.change(
                limits: configuration.server.http2Limits,
                streamsPerAddress: configuration.server.streamsPerAddress
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
    let cursors: ReaderCursors
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
        self.cursors = ReaderCursors(
            store: store,
            broker: self.broker,
            memory: self.memory,
            settings: configuration.readerSettings
        )
        self.broker.startFollowing()
    }
}

import Logging
import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayEditing
import RelayMetrics
import RelayPresence
import RelaySessions
import RelayTelemetry
import RelayTunnels

/// Makes the edges: hands each what it needs, and no more.
struct RelayEdges {
    let configuration: RelayConfiguration
    let store: any RelayStore
    let access: Access
    let broker: Broker
    let cursors: ReaderCursors
    let sessions: RelaySessionParts
    let documents: DocumentService
    let presence: PresenceService
    let webhook: RelayWebhookParts?
    let webhooks: TopicWebhookParts
    let peers: RelayPeerParts
    let draining: Draining
    let memory: MemoryLedger
    let history: MetricHistory
    let loops: DeliveryLoops
    let lane: TaskLane
    let iceServers: ICEServers
    /// How people sign in.
    let signIn: Adjustable<SignInServices>
    /// The relays', of which their keys are made.
    let secret: Secret
    let logger: Logger
    let logMetrics: LogMetrics
    /// What connections are shown; nil where they are not encrypted.
    let certificate: ServedCertificate?
    let telemetry: Telemetry
    let live: LiveConfiguration

    /// What several edges share, made once.
    struct Shared {
        let access: RequestAccess
        let waiters: PollWaiters
        let subscriptions: SubscriptionQuota
        let metrics: EdgeMetrics
        let carried: PathMetrics
        let paths: PathLedger
        let latency: RendezvousMetrics
        let documents: DocumentMetrics
        let strangers: Strangers
        let engines: EngineSessions
        /// Of users, for WebSockets and event streams.
        let places: ConnectionQuota
        /// Who reads documents without a token; nil where nobody may.
        let anonymous: AnonymousReaders?
        /// As whom Pulse's clients act that show none; nil where nobody may.
        let guests: PulseGuests?
        let publisher: Publisher
        let presence: PresenceDesks
        let limits: EdgeLimits
        let nodes: RelayNodes
        let health: HealthChecks
    }

    func make() -> Made {
        let waiters = PollWaiters(maxPerUser: self.configuration.poll.maxWaitersPerUser)
        let subscriptions = SubscriptionQuota(
            maxPerUser: self.configuration.quotas.maxSubscriptionsPerUser,
            memory: self.memory
        )
        let engines = EngineSessions()
        let registry = self.registry(waiters, subscriptions, engines)
        self.remember(registry, waiters, subscriptions, engines)
        let metrics = self.metrics(registry)
        let factory = PrometheusMetricsFactory(registry: registry)
        let shared = self.shared(waiters, subscriptions, engines, metrics, factory)
        let paths = shared.paths
        self.sessions.observers.add { paths.happened($0) }
        let administration = self.administration(shared)
        let pulse = self.pulse(shared, factory)
        let quic = self.quicRelay(shared, factory)
        let fast = self.fastRoutes(shared, pulse) + [Self.inquiries(administration), Self.quicLinks(quic)]
        let responder = RESTRouter.responder(
            self.restServices(metrics, audit: administration.audit),
            beside: fast,
            health: shared.health,
            waiters: waiters,
            iceServers: self.iceServers,
            registry: registry,
            history: self.history,
            certificate: self.certificate,
            quic: self.quicOffer,
            sessions: self.sessionServices(paths, shared.latency),
            documents: DocumentRESTServices(
                documents: self.documents,
                loops: self.loops,
                showsExample: self.configuration.showsExample,
                maxUpdateBytes: self.configuration.documents.maxMessageBytes
            ),
            presence: self.presence,
            webhooks: self.webhooks.edge,
            administration: administration,
            showsConsole: self.configuration.server.console
        )
        let relay = self.services(
            Routes(entries: fast, others: RouterLane(responder: responder, access: shared.access, logger: self.logger)),
            self.configuration.requestGate,
            metrics
        )
        let pulsePort = self.pulsePort(pulse, metrics)
        self.watchConfiguration([relay, pulsePort], shared)
        let scraped = RESTRouter.metricsResponder(self.restServices(metrics, audit: nil), registry: registry) {
            [live = self.live] in
            live.configuration.metrics.token
        }
        let own = self.services(
            Routes(entries: [], others: RouterLane(responder: scraped, access: shared.access, logger: self.logger)),
            RequestGate(hosts: TrustedHosts([]), origins: AllowedOrigins([])),
            metrics
        )
        return Made(
            relay: relay,
            metrics: own,
            pulse: pulsePort,
            punches: self.punches(paths, PunchMetrics(factory: factory, direct: self.peers.direct)),
            quic: quic,
            directory: administration.directory,
            audit: administration.audit,
            reloader: ConfigurationReloader(live: self.live, audit: administration.audit, logger: self.logger),
            registry: registry,
            signIns: metrics.signIns
        )
    }

    private func shared(
        _ waiters: PollWaiters,
        _ subscriptions: SubscriptionQuota,
        _ engines: EngineSessions,
        _ metrics: EdgeMetrics,
        _ factory: PrometheusMetricsFactory
    ) -> Shared {
        let carried = PathMetrics(factory: factory, total: self.peers.bytes)
        return Shared(
            access: RequestAccess(
                authenticator: self.access.authenticator,
                rateLimiter: self.access.rateLimiter,
                clock: self.broker.clock,
                acceptsQueryToken: self.configuration.webSocket.acceptsQueryToken
            ),
            waiters: waiters,
            subscriptions: subscriptions,
            metrics: metrics,
            carried: carried,
            paths: PathLedger(
                metrics: carried,
                tells: self.store is any SharedStore,
                now: self.broker.clock.now,
                logger: self.logger
            ),
            latency: RendezvousMetrics(factory: factory),
            documents: DocumentMetrics(factory: factory),
            strangers: self.strangers,
            engines: engines,
            places: ConnectionQuota(maxPerUser: self.configuration.webSocket.maxPerUser),
            anonymous: self.anonymousReaders,
            guests: self.pulseGuests,
            publisher: self.publisher(metrics),
            presence: PresenceDesks(self.presence, guests: self.configuration.pulse.maxAnonymous),
            limits: EdgeLimits(self.configuration),
            nodes: self.makeNodes(),
            health: HealthChecks(
                storage: StoreHealth(self.store, lane: self.lane, logger: self.logger),
                memory: self.memory,
                draining: self.draining
            )
        )
    }

    func services(_ routes: Routes, _ gate: RequestGate, _ metrics: EdgeMetrics) -> HTTPServices {
        HTTPServices(
            routes: routes,
            gate: gate,
            loops: self.loops,
            lane: self.lane,
            timeouts: self.configuration.connectionTimeouts,
            maxBodyBytes: self.configuration.server.maxBodyBytes,
            memory: self.memory,
            metrics: metrics,
            logger: self.logger,
            tracer: self.telemetry.tracer,
            alternative: self.quicOffer?.alternative
        )
    }

    /// What carries messages.
    private func fastRoutes(_ shared: Shared, _ pulse: PulseServices) -> [Routes.Entry] {
        let publisher = shared.publisher
        let joiner = Joiner(broker: self.broker, cursors: self.cursors, subscriptions: shared.subscriptions)
        let places = shared.places
        let (access, metrics) = (shared.access, shared.metrics)
        let sockets = self.sockets(shared, places, upTo: self.configuration.server.maxBodyBytes)
        let nodes = shared.nodes
        let proxies = self.proxies(shared, nodes, self.sockets(shared, places, upTo: self.maxSignalBytes))
        let pulseRoute = PulseRoute(pulse)
        let signaling = SignalingRoute(self.signaling(shared, joiner, publisher, proxies))
        let documents = self.documentServices(shared, joiner, publisher, places)
        let socketRoute = MessageSocketRoute(
            access: access,
            joiner: joiner,
            publisher: publisher,
            presence: shared.presence,
            sockets: sockets,
            maxTopics: shared.limits.socketTopics,
            peers: signaling,
            rooms: RoomEdge(documents)
        )
        let poll = PollRoute(
            access: access,
            joiner: joiner,
            presence: shared.presence,
            clock: self.broker.clock,
            maxTopics: shared.limits.pollTopics,
            waiters: shared.waiters,
            metrics: metrics
        )
        return [
            .init(.POST, "/api/v1/messages", PublishRoute(access: access, publisher: publisher)),
            .init(.POST, "/messages/poll", poll),
            .init(.POST, "/api/v1/messages/bulk", BulkPublishRoute(access: access, publisher: publisher)),
            .init(.GET, "/ws", socketRoute),
            .init(
                .GET,
                "/sse",
                EventStreamRoute(access: access, joiner: joiner, places: places, metrics: metrics)
            ),
            .init(.GET, PulseRoute.path, pulseRoute),
            .init(.GET, SessionRoute.path, SessionRoute(pulse: pulseRoute, json: socketRoute)),
            .init(.GET, SignalingRoute.path, signaling),
            .init(.GET, under: NodeProxyRoute.prefix, template: NodeProxyRoute.template, NodeProxyRoute(proxies)),
        ] + self.tunnelRoutes(shared, joiner, sockets, nodes) + self.documentRoutes(documents, shared.engines)
    }

    private func documentServices(
        _ shared: Shared,
        _ joiner: Joiner,
        _ publisher: Publisher,
        _ places: ConnectionQuota
    ) -> DocumentServices {
        DocumentServices(
            access: shared.access,
            joiner: joiner,
            publisher: publisher,
            documents: self.documents,
            sessions: self.sessions.service,
            sockets: self.sockets(shared, places, upTo: self.configuration.documents.maxMessageBytes),
            metrics: shared.documents,
            strangers: shared.strangers,
            anonymous: shared.anonymous,
            webhook: self.webhook?.documents
        )
    }

    private func documentRoutes(_ services: DocumentServices, _ engines: EngineSessions) -> [Routes.Entry] {
        let engine = EngineRoute(services, engines)
        return [
            .init(.GET, under: DocumentRoute.prefix, template: DocumentRoute.template, DocumentRoute(services)),
            .init(.GET, HocuspocusRoute.path, HocuspocusRoute(services)),
            .init(.GET, EngineRoute.path, engine), .init(.POST, EngineRoute.path, engine),
        ]
    }

    private var anonymousReaders: AnonymousReaders? {
        let documents = self.configuration.documents
        guard documents.allowsAnonymous else { return nil }
        let places = ConnectionQuota(
            maxPerUser: documents.maxAnonymousPerAddress,
            maxInAll: documents.maxAnonymous
        )
        return AnonymousReaders(places: places, clients: self.clients)
    }

    /// Texts and proxy frames are longer than what publishes may be: of those the kinds of the topics know.
    private var maxSignalBytes: Int {
        max(1 << 20, self.configuration.sessions.maxFileBytes) + SignalingServices.envelopeBytes
    }

    func sockets(
        _ shared: Shared,
        _ places: ConnectionQuota,
        upTo maxMessageBytes: Int
    ) -> WebSocketServices {
        WebSocketServices(
            lane: self.lane,
            memory: self.memory,
            metrics: shared.metrics,
            places: places,
            maxMessageBytes: maxMessageBytes,
            idleLimit: shared.limits.socketIdle,
            draining: self.draining
        )
    }

    private func makeNodes() -> RelayNodes {
        RelayNodes(
            own: self.configuration.tunnels.node,
            passes: NodePassKey(secret: self.secret.value),
            dialer: NodeDialer(
                authorities: self.configuration.tunnels.nodeAuthorities,
                certificate: self.certificate
            ),
            clock: self.broker.clock
        )
    }

    private func signaling(
        _ shared: Shared,
        _ joiner: Joiner,
        _ publisher: Publisher,
        _ proxies: ProxyHub
    ) -> SignalingServices {
        SignalingServices(
            access: shared.access,
            joiner: joiner,
            publisher: publisher,
            sessions: self.sessions.service,
            joins: FailedJoins(limiter: self.access.rateLimiter),
            anonymous: AnonymousSessions(limiter: self.access.rateLimiter),
            latency: shared.latency,
            sockets: proxies.sockets,
            strangers: shared.strangers,
            clients: self.clients,
            proxies: proxies,
            limits: SignalingServices.Limits(
                sender: shared.limits.sender,
                maxTextBytes: self.maxSignalBytes
            )
        )
    }

    private var strangers: Strangers {
        let signaling = self.configuration.signaling
        return Strangers(
            places: ConnectionQuota(
                maxPerUser: signaling.maxStrangersPerAddress,
                maxInAll: signaling.maxStrangers
            ),
            clients: self.clients,
            patience: TimeAmount(signaling.joinPatience)
        )
    }

    var clients: ClientAddress {
        let server = self.configuration.server
        return ClientAddress(trustsForwardedFor: server.trustForwardedFor, proxies: server.trustedProxies)
    }

    private func sessionServices(_ paths: PathLedger, _ latency: RendezvousMetrics) -> SessionEdgeServices {
        let sessions = self.configuration.sessions
        return SessionEdgeServices(
            service: self.sessions.service,
            joins: FailedJoins(limiter: self.access.rateLimiter),
            anonymous: AnonymousSessions(limiter: self.access.rateLimiter),
            iceServers: self.iceServers,
            paths: paths,
            latency: latency,
            quic: self.quicOffer,
            maxBodyBytes: min(self.configuration.server.maxBodyBytes, sessions.maxMetadataBytes + (16 << 10))
        )
    }

    private func restServices(_ metrics: EdgeMetrics, audit: AuditTrail?) -> RESTServices {
        let server = self.configuration.server
        return RESTServices(
            access: self.access,
            broker: self.broker,
            readers: self.cursors,
            lists: .ofLists(processors: System.coreCount, maxLists: self.configuration.quotas.maxLists),
            maxBodyBytes: server.maxBodyBytes,
            clients: self.clients,
            signInInForce: self.signIn,
            signIns: metrics.signIns,
            audit: audit,
            logger: self.logger
        )
    }

    // MARK: Metrics

    private func registry(
        _ waiters: PollWaiters,
        _ subscriptions: SubscriptionQuota,
        _ engines: EngineSessions
    ) -> PrometheusRegistry {
        PrometheusRegistry(
            descriptions: RelayMetric.descriptions(maxTopics: self.configuration.metrics.maxTopics),
            collectors: [
                ProcessMetrics(),
                BrokerMetrics(
                    broker: self.broker,
                    waitingPolls: { waiters.total },
                    subscriptions: { subscriptions.total }
                ),
                ReaderMetrics(cursors: self.cursors), self.webhooks.counts,
                MemoryMetrics(ledger: self.memory), self.logMetrics,
                SessionCollector(
                    metrics: self.sessions.metrics,
                    messages: self.sessions.messages,
                    service: self.sessions.service
                ),
                DocumentCollector(documents: self.documents, engines: engines),
                PresenceCollector(presence: self.presence),
            ] + (self.webhook.map { [$0.webhook] } ?? []) + self.peers.collectors
                + (self.certificate.map { [CertificateMetrics(certificate: $0)] } ?? [])
                + [self.telemetry]
        )
    }

    private func metrics(_ registry: PrometheusRegistry) -> EdgeMetrics {
        let metrics = self.configuration.metrics
        return EdgeMetrics(
            factory: PrometheusMetricsFactory(registry: registry),
            maxTopics: metrics.perTopic ? metrics.maxTopics : 0,
            broker: self.broker,
            logger: self.logger
        )
    }
}

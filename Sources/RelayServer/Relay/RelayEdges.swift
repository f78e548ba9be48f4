import Logging
import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayEditing
import RelayMetrics
import RelaySessions
import RelayTunnels

/// Makes the edges: hands each what it needs, and no more.
struct RelayEdges {
    let configuration: RelayConfiguration
    let store: any RelayStore
    let access: Access
    let broker: Broker
    let sessions: RelaySessionParts
    let documents: DocumentService
    let webhook: RelayWebhookParts?
    let peers: RelayPeerParts
    let draining: Draining
    let memory: MemoryLedger
    let loops: DeliveryLoops
    let lane: TaskLane
    let iceServers: ICEServers
    /// The relays', of which their keys are made.
    let secret: Secret
    let logger: Logger
    let logMetrics: LogMetrics

    /// What several edges share, made once.
    private struct Shared {
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
    }

    /// What the relay's port serves, what a port for metrics alone does, and who does what peers ask of the relay by messages.
    func make() -> (relay: HTTPServices, metrics: HTTPServices, punches: PunchCoordinator) {
        let waiters = PollWaiters(maxPerUser: self.configuration.poll.maxWaitersPerUser)
        let subscriptions = SubscriptionQuota(
            maxPerUser: self.configuration.quotas.maxSubscriptionsPerUser,
            memory: self.memory
        )
        let engines = EngineSessions()
        let registry = self.registry(waiters, subscriptions, engines)
        let metrics = self.metrics(registry)
        let factory = PrometheusMetricsFactory(registry: registry)
        let shared = self.shared(waiters, subscriptions, engines, metrics, factory)
        let paths = shared.paths
        self.sessions.observers.add { paths.happened($0) }
        let fast = self.fastRoutes(shared)
        let responder = RESTRouter.responder(
            self.restServices,
            beside: fast,
            health: HealthChecks(
                storage: StoreHealth(self.store, lane: self.lane, logger: self.logger),
                memory: self.memory,
                draining: self.draining
            ),
            waiters: waiters,
            iceServers: self.iceServers,
            registry: registry,
            sessions: self.sessionServices(paths, shared.latency),
            documents: DocumentRESTServices(
                documents: self.documents,
                loops: self.loops,
                showsExample: self.configuration.showsExample,
                maxUpdateBytes: self.configuration.documents.maxMessageBytes
            )
        )
        let server = self.configuration.server
        let relay = self.services(
            Routes(entries: fast, others: RouterLane(responder: responder, access: shared.access, logger: self.logger)),
            RequestGate(hosts: TrustedHosts(server.trustedHosts), origins: AllowedOrigins(server.allowedOrigins)),
            metrics
        )
        let scraped = RESTRouter.metricsResponder(self.restServices, registry: registry)
        let own = self.services(
            Routes(entries: [], others: RouterLane(responder: scraped, access: shared.access, logger: self.logger)),
            RequestGate(hosts: TrustedHosts([]), origins: AllowedOrigins([])),
            metrics
        )
        return (relay, own, self.punches(paths, PunchMetrics(factory: factory, direct: self.peers.direct)))
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
            engines: engines
        )
    }

    private func services(_ routes: Routes, _ gate: RequestGate, _ metrics: EdgeMetrics) -> HTTPServices {
        HTTPServices(
            routes: routes,
            gate: gate,
            loops: self.loops,
            lane: self.lane,
            timeouts: self.configuration.connectionTimeouts,
            maxBodyBytes: self.configuration.server.maxBodyBytes,
            memory: self.memory,
            metrics: metrics,
            logger: self.logger
        )
    }

    /// What carries messages.
    private func fastRoutes(_ shared: Shared) -> [Routes.Entry] {
        let publisher = Publisher(broker: self.broker, metrics: shared.metrics)
        let joiner = Joiner(broker: self.broker, subscriptions: shared.subscriptions)
        let places = ConnectionQuota(maxPerUser: self.configuration.webSocket.maxPerUser)
        let (access, metrics) = (shared.access, shared.metrics)
        let sockets = self.sockets(metrics, places, upTo: self.configuration.server.maxBodyBytes)
        let nodes = self.makeNodes()
        let proxies = self.proxies(shared, nodes, self.sockets(metrics, places, upTo: self.maxSignalBytes))
        let signaling = SignalingRoute(self.signaling(shared, joiner, publisher, proxies))
        let documents = self.documentServices(shared, joiner, publisher, places)
        let poll = PollRoute(
            access: access,
            joiner: joiner,
            clock: self.broker.clock,
            maxTopics: self.configuration.poll.maxTopics,
            waiters: shared.waiters,
            metrics: metrics
        )
        return [
            .init(.POST, "/api/v1/messages", PublishRoute(access: access, publisher: publisher)),
            .init(.POST, "/messages/poll", poll),
            .init(.POST, "/api/v1/messages/bulk", BulkPublishRoute(access: access, publisher: publisher)),
            .init(
                .GET,
                "/ws",
                MessageSocketRoute(
                    access: access,
                    joiner: joiner,
                    publisher: publisher,
                    sockets: sockets,
                    maxTopics: self.configuration.webSocket.maxTopics,
                    peers: signaling,
                    rooms: RoomEdge(documents)
                )
            ),
            .init(
                .GET,
                "/sse",
                EventStreamRoute(access: access, joiner: joiner, places: places, metrics: metrics)
            ),
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
            sockets: self.sockets(shared.metrics, places, upTo: self.configuration.documents.maxMessageBytes),
            metrics: shared.documents,
            strangers: shared.strangers,
            anonymous: self.anonymousReaders,
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

    private func tunnelRoutes(
        _ shared: Shared,
        _ joiner: Joiner,
        _ sockets: WebSocketServices,
        _ nodes: RelayNodes
    ) -> [Routes.Entry] {
        let tunnels = self.tunnels(shared.carried)
        let ofPeers = TunnelRoute(
            access: shared.access,
            joiner: joiner,
            sockets: sockets,
            tunnels: tunnels,
            sessions: self.sessions.service,
            paths: shared.paths,
            nodes: nodes
        )
        let ofRelays = NodeTunnelRoute(nodes: nodes, sockets: sockets, tunnels: tunnels)
        return [
            .init(.GET, under: TunnelRoute.prefix, template: TunnelRoute.template, ofPeers),
            .init(.GET, under: NodeTunnelRoute.prefix, template: NodeTunnelRoute.template, ofRelays),
        ]
    }

    /// Texts and proxy frames are longer than what publishes may be: of those the kinds of the topics know.
    private var maxSignalBytes: Int {
        max(1 << 20, self.configuration.sessions.maxFileBytes) + SignalingServices.envelopeBytes
    }

    private func sockets(
        _ metrics: EdgeMetrics,
        _ places: ConnectionQuota,
        upTo maxMessageBytes: Int
    ) -> WebSocketServices {
        WebSocketServices(
            lane: self.lane,
            memory: self.memory,
            metrics: metrics,
            places: places,
            maxMessageBytes: maxMessageBytes,
            idleLimit: TimeAmount(self.configuration.webSocket.idleTimeout)
        )
    }

    private func makeNodes() -> RelayNodes {
        RelayNodes(
            own: self.configuration.tunnels.node,
            passes: NodePassKey(secret: self.secret.value),
            dialer: NodeDialer(authorities: self.configuration.tunnels.nodeAuthorities),
            clock: self.broker.clock
        )
    }

    private func signaling(
        _ shared: Shared,
        _ joiner: Joiner,
        _ publisher: Publisher,
        _ proxies: ProxyHub
    ) -> SignalingServices {
        let signaling = self.configuration.signaling
        return SignalingServices(
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
                sender: SenderBudget.Limits(
                    messagesPerSecond: signaling.messagesPerSecond,
                    bytesPerSecond: signaling.bytesPerSecond
                ),
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

    private var clients: ClientAddress {
        let server = self.configuration.server
        return ClientAddress(trustsForwardedFor: server.trustForwardedFor, proxies: server.trustedProxies)
    }

    private func proxies(_ shared: Shared, _ nodes: RelayNodes, _ sockets: WebSocketServices) -> ProxyHub {
        ProxyHub(
            memory: self.memory,
            metrics: shared.carried,
            paths: shared.paths,
            patience: .seconds(self.sessions.service.settings.rules.times.reconnectSeconds),
            nodes: nodes,
            sockets: sockets,
            sessions: self.sessions.service,
            bandwidths: self.peers.bandwidths
        )
    }

    private func tunnels(_ metrics: PathMetrics) -> TunnelServices {
        let tunnels = self.configuration.tunnels
        return TunnelServices(
            memory: self.memory,
            metrics: metrics,
            window: tunnels.window,
            patience: TimeAmount(tunnels.patience),
            bandwidths: self.peers.bandwidths
        )
    }

    private func punches(_ paths: PathLedger, _ metrics: PunchMetrics) -> PunchCoordinator {
        PunchCoordinator(
            service: self.sessions.service,
            rules: self.configuration.peerPort.punchRules,
            tokens: self.peers.tokens,
            paths: paths,
            metrics: metrics,
            logger: self.logger
        )
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
            maxBodyBytes: min(self.configuration.server.maxBodyBytes, sessions.maxMetadataBytes + (16 << 10))
        )
    }

    private var restServices: RESTServices {
        let server = self.configuration.server
        return RESTServices(
            access: self.access,
            broker: self.broker,
            lists: .ofLists(processors: System.coreCount, maxLists: self.configuration.quotas.maxLists),
            maxBodyBytes: server.maxBodyBytes,
            clients: self.clients,
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
                MemoryMetrics(ledger: self.memory), self.logMetrics,
                SessionCollector(
                    metrics: self.sessions.metrics,
                    messages: self.sessions.messages,
                    service: self.sessions.service
                ),
                DocumentCollector(documents: self.documents, engines: engines),
            ] + (self.webhook.map { [$0.webhook] } ?? []) + self.peers.collectors
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

import Logging
import NIOCore
import RelayAccess
import RelayCore
import RelayMetrics
import RelayWire

/// The composition root: makes every part once and hands each the others that it needs.
struct RelayParts: Sendable {
    let access: Access
    let broker: Broker
    let loops: DeliveryLoops
    let lane: TaskLane
    let services: EdgeServices
    let upkeep: Upkeep
    let streamWatch: StreamWatch
    let changeWatch: ChangeWatch

    init(
        configuration: RelayConfiguration,
        store: any RelayStore,
        hasher: PasswordHasher,
        secret: Secret,
        group: any EventLoopGroup,
        logger: Logger
    ) async throws {
        let clock = RelayClock.system
        self.access = try Access(
            store: store,
            hasher: hasher,
            settings: configuration.accessSettings(secret: secret),
            now: clock.now
        )
        let shared = store as? any SharedStore
        self.broker = Broker(store: store, feed: shared?.feed, limits: configuration.brokerLimits, clock: clock)
        self.broker.startFollowing()
        self.loops = try await DeliveryLoops.start(on: group, broker: self.broker)
        self.lane = TaskLane(maxJobs: configuration.server.maxConnections)
        self.upkeep = Upkeep(broker: self.broker, access: self.access, logger: logger)
        self.streamWatch = StreamWatch(broker: self.broker, logger: logger)
        self.changeWatch = ChangeWatch(
            store: shared,
            broker: self.broker,
            authenticator: self.access.authenticator,
            logger: logger
        )
        let waiters = PollWaiters(maxPerUser: configuration.poll.maxWaitersPerUser)
        let registry = PrometheusRegistry(
            descriptions: RelayMetric.descriptions(maxTopics: configuration.metrics.maxTopics),
            collectors: [ProcessMetrics(), BrokerMetrics(broker: self.broker, pollWaiters: waiters)]
        )
        let rest = RESTServices(
            access: self.access,
            broker: self.broker,
            store: store,
            pollWaiters: waiters,
            registry: registry,
            lane: self.lane,
            configuration: configuration,
            logger: logger
        )
        self.services = EdgeServices(
            broker: self.broker,
            authenticator: self.access.authenticator,
            loops: self.loops,
            lane: self.lane,
            routes: Routes(router: RouterLane(responder: RESTRouter.responder(rest), logger: logger)),
            gate: RequestGate(
                hosts: TrustedHosts(configuration.server.trustedHosts),
                origins: AllowedOrigins(configuration.server.allowedOrigins)
            ),
            limits: configuration.edgeLimits,
            timeouts: configuration.connectionTimeouts,
            scope: configuration.topicScoping,
            rateLimiter: self.access.rateLimiter,
            pollWaiters: waiters,
            webSockets: ConnectionQuota(maxPerUser: configuration.webSocket.maxPerUser),
            metrics: EdgeMetrics(
                factory: PrometheusMetricsFactory(registry: registry),
                perTopic: configuration.metrics.perTopic,
                broker: self.broker
            ),
            logger: logger
        )
        self.watchAccess()
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

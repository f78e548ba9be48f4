import Logging
import NIOCore
import RelayAccess
import RelayCore

/// What the edges work with: handed to every connection, the same for all, fixed while the relay runs.
///
/// A class, so that a request that looks into it counts one reference and not one for each part.
final class EdgeServices: Sendable {
    let broker: Broker
    /// The value of `x-durability`, which goes with every successful publish.
    let durability: String
    let authenticator: Authenticator
    let loops: DeliveryLoops
    let lane: TaskLane
    let routes: Routes
    let gate: RequestGate
    let limits: EdgeLimits
    let timeouts: ConnectionTimeouts
    let scope: TopicScoping
    let rateLimiter: RateLimiter
    let pollWaiters: PollWaiters
    let webSockets: ConnectionQuota
    let metrics: EdgeMetrics
    let logger: Logger

    init(
        broker: Broker,
        authenticator: Authenticator,
        loops: DeliveryLoops,
        lane: TaskLane,
        routes: Routes,
        gate: RequestGate,
        limits: EdgeLimits,
        timeouts: ConnectionTimeouts,
        scope: TopicScoping,
        rateLimiter: RateLimiter,
        pollWaiters: PollWaiters,
        webSockets: ConnectionQuota,
        metrics: EdgeMetrics,
        logger: Logger
    ) {
        self.broker = broker
        self.durability = broker.durability.rawValue
        self.authenticator = authenticator
        self.loops = loops
        self.lane = lane
        self.routes = routes
        self.gate = gate
        self.limits = limits
        self.timeouts = timeouts
        self.scope = scope
        self.rateLimiter = rateLimiter
        self.pollWaiters = pollWaiters
        self.webSockets = webSockets
        self.metrics = metrics
        self.logger = logger
    }
}

/// How much a client may ask for at once.
struct EdgeLimits: Sendable {
    /// Largest request body and WebSocket message, bytes.
    var maxBodyBytes: Int
    var maxPollTopics: Int
    var webSocketIdle: TimeAmount
    var webSocketPing: TimeAmount
    var acceptsQueryToken: Bool
}

/// How long each phase of a connection may take.
struct ConnectionTimeouts: Sendable {
    var header: TimeAmount
    var read: TimeAmount
    var write: TimeAmount
    var idle: TimeAmount
}

/// What a topic name means: one topic for all, or one for each user.
enum TopicScoping: Sendable {
    case global
    case owner

    func key(_ name: TopicName, for user: UserID) -> TopicKey {
        switch self {
        case .global: TopicKey(name: name)
        case .owner: TopicKey(name: name, namespace: user)
        }
    }
}

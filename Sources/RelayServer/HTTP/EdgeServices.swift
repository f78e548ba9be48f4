import Logging
import NIOCore
import RelayAccess
import RelayCore

/// What the edges work with: handed to every connection, the same for all, fixed while the relay runs.
///
/// A class, so that a request that looks into it counts one reference and not one for each part.
final class EdgeServices: Sendable {
    let broker: Broker
    let authenticator: Authenticator
    let loops: DeliveryLoops
    let lane: TaskLane
    let routes: Routes
    let gate: RequestGate
    let limits: EdgeLimits
    let timeouts: ConnectionTimeouts
    let rateLimiter: RateLimiter
    /// Where whatever is held for a client is charged.
    let memory: MemoryLedger
    let pollWaiters: PollWaiters
    /// WebSockets and event streams, together.
    let lastingConnections: ConnectionQuota
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
        rateLimiter: RateLimiter,
        memory: MemoryLedger,
        pollWaiters: PollWaiters,
        lastingConnections: ConnectionQuota,
        metrics: EdgeMetrics,
        logger: Logger
    ) {
        self.broker = broker
        self.authenticator = authenticator
        self.loops = loops
        self.lane = lane
        self.routes = routes
        self.gate = gate
        self.limits = limits
        self.timeouts = timeouts
        self.rateLimiter = rateLimiter
        self.memory = memory
        self.pollWaiters = pollWaiters
        self.lastingConnections = lastingConnections
        self.metrics = metrics
        self.logger = logger
    }
}

/// How much a client may ask for at once.
struct EdgeLimits: Sendable {
    /// Largest request body and WebSocket message, bytes.
    var maxBodyBytes: Int
    /// In one long poll.
    var maxPollTopics: Int
    /// A WebSocket that subscribes to nothing for so long is closed.
    var webSocketIdle: TimeAmount
    /// How long a WebSocket is quiet before it is pinged, and then before it has answered.
    var webSocketPing: TimeAmount
    /// Whether `/ws` and `/sse` take the token from the query.
    var acceptsQueryToken: Bool
}

/// How long each phase of a connection may take.
struct ConnectionTimeouts: Sendable {
    /// From the first byte of a connection or request to the end of its head.
    var header: TimeAmount
    /// From the end of a request's head to the end of its body.
    var read: TimeAmount
    /// For which the peer takes no byte of a response.
    var write: TimeAmount
    /// Between two requests.
    var idle: TimeAmount
}

import Logging
import NIOCore
import RelayAccess
import RelayCore

/// What the edges work with: handed to every connection, the same for all, fixed while the relay runs.
struct EdgeServices: Sendable {
    let broker: Broker
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

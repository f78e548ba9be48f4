import Logging
import RelayAccess
import RelayCore
import RelayMetrics

/// What the router's routes work with.
struct RESTServices: Sendable {
    let access: Access
    let broker: Broker
    let store: any RelayStore
    let pollWaiters: PollWaiters
    let registry: PrometheusRegistry
    let lane: TaskLane
    /// Largest request body, bytes.
    let maxBodyBytes: Int
    /// Whose request one is.
    let clients: ClientAddress
    /// What topic names mean.
    let scope: TopicScoping
    let logger: Logger
}

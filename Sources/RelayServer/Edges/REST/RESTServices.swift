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
    let configuration: RelayConfiguration
    let logger: Logger

    /// What topic names mean.
    var scope: TopicScoping { self.configuration.topicScoping }
}

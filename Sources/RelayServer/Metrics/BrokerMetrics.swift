import RelayCore
import RelayMetrics

/// What the broker and the long polls hold now, measured when `/metrics` is read.
struct BrokerMetrics: MetricCollector {
    let broker: Broker
    /// How many polls wait now.
    let waitingPolls: @Sendable () -> Int
    /// How many topics are followed now.
    let subscriptions: @Sendable () -> Int

    func collect() -> [MetricSample] {
        let statistics = self.broker.statistics
        return [
            RelayMetric.hotTierBytes.sample(statistics.hotBytes),
            RelayMetric.unstoredBytes.sample(statistics.unstoredBytes),
            RelayMetric.unstoredLost.sample(statistics.lostMessages),
            RelayMetric.residentTopics.sample(statistics.residentTopics),
            RelayMetric.pollWaiters.sample(self.waitingPolls()),
            RelayMetric.subscriptions.sample(self.subscriptions()),
        ]
    }
}

import RelayCore
import RelayMetrics

/// What the broker and the long polls hold now, measured when `/metrics` is read.
struct BrokerMetrics: MetricCollector {
    let broker: Broker
    /// How many polls wait now.
    let waitingPolls: @Sendable () -> Int

    func collect() -> [MetricSample] {
        let statistics = self.broker.statistics
        return [
            Self.gauge("relay_hot_tier_bytes", "Bytes of messages in memory, all topics.", statistics.hotBytes),
            Self.gauge(
                "relay_unstored_bytes",
                "Bytes of messages with durability memory on their way.",
                statistics.unstoredBytes
            ),
            MetricSample(
                name: "relay_unstored_messages_lost_total",
                kind: .counter,
                help: "Messages with durability memory that the store did not take.",
                value: Double(statistics.lostMessages)
            ),
            Self.gauge("relay_resident_topics", "Topics in memory.", statistics.residentTopics),
            Self.gauge("relay_poll_waiters_active", "Long polls that wait now.", self.waitingPolls()),
        ]
    }

    private static func gauge(_ name: String, _ help: String, _ value: Int) -> MetricSample {
        MetricSample(name: name, kind: .gauge, help: help, value: Double(value))
    }
}

import RelayMetrics
import Synchronization

/// Counts what becomes of deliveries. Owner of the counts: its lock.
final class TopicWebhookCounts: MetricCollector {
    /// How the webhooks are that this relay delivers for.
    struct Standing: Equatable {
        var running = 0
        var failing = 0
        /// Of all webhooks of the store.
        var dead = 0
        /// Messages that are still to be told.
        var lag = 0
    }

    private struct Counts {
        var delivered = 0
        var failed = 0
        var events = 0
        var standing = Standing()
    }

    private let counts = Mutex(Counts())

    func delivered(_ events: Int) {
        self.counts.withLock { counts in
            counts.delivered += 1
            counts.events += events
        }
    }

    func failed() { self.counts.withLock { $0.failed += 1 } }

    func stand(_ standing: Standing) { self.counts.withLock { $0.standing = standing } }

    func collect() -> [MetricSample] {
        let counts = self.counts.withLock { $0 }
        return [
            RelayMetric.webhookDeliveries.sample(counts.delivered, ("result", "delivered")),
            RelayMetric.webhookDeliveries.sample(counts.failed, ("result", "failed")),
            RelayMetric.webhookDelivered.sample(counts.events),
            RelayMetric.webhooks.sample(counts.standing.running, ("state", "running")),
            RelayMetric.webhooks.sample(counts.standing.failing, ("state", "failing")),
            RelayMetric.webhooks.sample(counts.standing.dead, ("state", "dead")),
            RelayMetric.webhookLag.sample(counts.standing.lag),
        ]
    }
}

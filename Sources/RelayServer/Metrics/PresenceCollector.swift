import RelayMetrics
import RelayPresence

/// Who is on topics, and what that takes; measured when `/metrics` is read.
struct PresenceCollector: MetricCollector {
    let presence: PresenceService

    func collect() -> [MetricSample] {
        let figures = self.presence.figures
        return [
            RelayMetric.presenceMembers.sample(figures.members),
            RelayMetric.presenceTopics.sample(figures.topics),
            RelayMetric.presenceBytes.sample(figures.bytes),
            RelayMetric.presenceWrites.sample(figures.writes, ("result", "written")),
            RelayMetric.presenceWrites.sample(figures.coalesced, ("result", "coalesced")),
            RelayMetric.presenceWrites.sample(figures.failedWrites, ("result", "failed")),
            RelayMetric.presenceHandouts.sample(figures.syncs, ("kind", "sync")),
            RelayMetric.presenceHandouts.sample(figures.handouts, ("kind", "changes")),
            RelayMetric.presenceExpired.sample(figures.expired),
        ]
    }
}

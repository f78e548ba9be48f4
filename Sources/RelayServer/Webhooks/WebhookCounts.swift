import RelayMetrics
import Synchronization

/// Counts what becomes of events. Owner of the counts: its lock.
final class WebhookCounts: Sendable {
    enum Result: String, CaseIterable {
        case delivered
        /// The receiver has looked at it, and said no.
        case refused
        /// There was no room for it.
        case dropped
        /// The receiver did not take it in time.
        case expired
    }

    private struct Counts {
        var results: [Result: Int] = [:]
        var failures = 0
    }

    private let counts: Mutex<[String: Counts]>

    /// - Parameter events: the names of all.
    init(events: [String]) {
        self.counts = Mutex(Dictionary(uniqueKeysWithValues: events.map { ($0, Counts()) }))
    }

    func ended(_ event: String, _ result: Result) {
        self.counts.withLock { $0[event]?.results[result, default: 0] += 1 }
    }

    /// A try failed that may be repeated.
    func failed(_ event: String) { self.counts.withLock { $0[event]?.failures += 1 } }

    var samples: [MetricSample] {
        let counts = self.counts.withLock { $0 }.sorted { $0.key < $1.key }
        let results = counts.flatMap { event, counts in
            Result.allCases.map { result in
                RelayMetric.webhookEvents.sample(
                    counts.results[result, default: 0],
                    ("event", event),
                    ("result", result.rawValue)
                )
            }
        }
        let failures = counts.map { RelayMetric.webhookFailures.sample($1.failures, ("event", $0)) }
        return results + failures
    }
}

import CoreMetrics
import RelayEditing
import RelayMetrics

/// Counts what is said about documents.
final class DocumentMetrics: Sendable {
    private let new: Counter
    private let known: Counter
    private let refusals: [UpdateRefusal: Counter]
    private let answerBytes: Counter
    private let accepted: Counter
    private let ignored: Counter

    init(factory: any MetricsFactory) {
        self.new = Counter(label: RelayMetric.documentUpdates, dimensions: [("result", "new")], factory: factory)
        self.known = Counter(label: RelayMetric.documentUpdates, dimensions: [("result", "known")], factory: factory)
        self.refusals = Dictionary(
            uniqueKeysWithValues: UpdateRefusal.allCases.map { refusal in
                (
                    refusal,
                    Counter(
                        label: RelayMetric.documentUpdatesRefused,
                        dimensions: [("reason", refusal.rawValue)],
                        factory: factory
                    )
                )
            }
        )
        self.answerBytes = Counter(label: RelayMetric.documentAnswerBytes, dimensions: [], factory: factory)
        self.accepted = Counter(
            label: RelayMetric.documentAwareness,
            dimensions: [("result", "accepted")],
            factory: factory
        )
        self.ignored = Counter(
            label: RelayMetric.documentAwareness,
            dimensions: [("result", "ignored")],
            factory: factory
        )
    }

    func received(isNew: Bool) { (isNew ? self.new : self.known).increment() }

    func refused(_ refusal: UpdateRefusal) { self.refusals[refusal]?.increment() }

    func answered(_ bytes: Int) { self.answerBytes.increment(by: bytes) }

    func awareness(accepted: Int, of entries: Int) {
        self.accepted.increment(by: accepted)
        self.ignored.increment(by: entries - accepted)
    }
}

/// What there is to tell of documents when `/metrics` is read.
struct DocumentCollector: MetricCollector {
    let documents: DocumentService
    let engines: EngineSessions

    func collect() -> [MetricSample] {
        let counts = self.documents.snapshotCounts
        let snapshots = [
            ("stored", counts.stored), ("outdated", counts.outdated), ("failed", counts.failed),
        ].map { RelayMetric.documentSnapshots.sample($1, ("result", $0)) }
        return [
            RelayMetric.documentsLoaded.sample(self.documents.loadedCount),
            RelayMetric.documentConnections.sample(self.documents.connectionCount),
            RelayMetric.documentPollingSessions.sample(self.engines.count),
        ] + snapshots
    }
}

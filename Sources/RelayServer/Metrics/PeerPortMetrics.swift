import CoreMetrics
import RelayMetrics

/// What the port for STUN counts. Its series are made once, so that counting a datagram is an atomic addition.
final class PeerPortMetrics: Sendable {
    private let answered: Counter
    private let ignored: [DatagramIgnored: Counter]

    init(factory: any MetricsFactory) {
        self.answered = Counter(label: RelayMetric.udpAnswered, factory: factory)
        self.ignored = DatagramIgnored.allCases.reduce(into: [:]) { counters, reason in
            counters[reason] = Counter(
                label: RelayMetric.udpIgnored,
                dimensions: [("reason", reason.rawValue)],
                factory: factory
            )
        }
    }

    func count(_ outcome: DatagramOutcome) {
        switch outcome {
        case .answered: self.answered.increment()
        case .ignored(let reason): self.ignored[reason]?.increment()
        }
    }
}

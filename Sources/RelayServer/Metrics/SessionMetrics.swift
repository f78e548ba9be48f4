import CoreMetrics
import RelayMetrics
import RelaySessions

/// What becomes of sessions, counted by what this relay has decided.
final class SessionMetrics: Sendable {
    private let created: Counter
    private let closed: [String: [Counter]]

    init(factory: any MetricsFactory) {
        self.created = Counter(label: RelayMetric.sessionsCreated, factory: factory)
        let reasons = CloseReason.allCases.map(\.name) + [Self.expired]
        self.closed = reasons.reduce(into: [:]) { closed, reason in
            closed[reason] = [RelayMetric.sessionsClosed, RelayMetric.sessionsClosedTotal].map {
                Counter(label: $0, dimensions: [("reason", reason)], factory: factory)
            }
        }
    }

    private static let expired = "expired"

    func count(_ transition: SessionTransition) {
        for event in transition.events {
            switch event {
            case .created: self.created.increment()
            case .stateChanged(_, .closed(_, let reason)): self.countEnd(reason.name)
            case .stateChanged(_, .expired): self.countEnd(Self.expired)
            default: break
            }
        }
    }

    private func countEnd(_ reason: String) {
        for counter in self.closed[reason] ?? [] { counter.increment() }
    }
}

/// What sessions there are, measured when `/metrics` is read.
struct SessionGauges: MetricCollector {
    let service: SessionService

    func collect() -> [MetricSample] { [RelayMetric.sessionsActive.sample(self.service.active)] }
}

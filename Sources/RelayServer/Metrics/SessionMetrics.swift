import RelayMetrics
import RelaySessions
import Synchronization

/// What has become of sessions, counted by what this relay has decided.
final class SessionMetrics: Sendable {
    private struct Counts {
        var created = 0
        var kicked = 0
        var joined = 0
        var left = 0
        /// By reason; all reasons are there from the beginning.
        var closed: [String: Int] = (CloseReason.allCases.map(\.name) + [SessionMetrics.expired])
            .reduce(into: [:]) { $0[$1] = 0 }
    }

    private static let expired = "expired"

    private let counts = Mutex(Counts())

    func count(_ transition: SessionTransition) {
        self.counts.withLock { counts in
            for event in transition.events {
                switch event {
                case .created: counts.created += 1
                case .kicked: counts.kicked += 1
                case .peerJoined: counts.joined += 1
                case .peerLeft: counts.left += 1
                case .stateChanged(_, .closed(_, let reason)): counts.closed[reason.name, default: 0] += 1
                case .stateChanged(_, .expired): counts.closed[Self.expired, default: 0] += 1
                default: break
                }
            }
        }
    }

    fileprivate func samples() -> [MetricSample] {
        let counts = self.counts.withLock { $0 }
        let closed = counts.closed.sorted { $0.key < $1.key }.flatMap { reason, count in
            [RelayMetric.sessionsClosed, RelayMetric.sessionsClosedTotal].map {
                $0.sample(count, ("reason", reason))
            }
        }
        let told = [("kick", counts.kicked), ("peer_joined", counts.joined), ("peer_left", counts.left)].map {
            RelayMetric.signalingMessages.sample($1, ("message_type", $0))
        }
        return [RelayMetric.sessionsCreated.sample(counts.created)] + closed + told
    }
}

/// What there is to tell of sessions when `/metrics` is read.
struct SessionCollector: MetricCollector {
    let metrics: SessionMetrics
    let messages: SessionMessageCounts
    let service: SessionService

    func collect() -> [MetricSample] {
        let messages = SessionMessageCounts.Kind.allCases.map { kind in
            RelayMetric.signalingMessages.sample(self.messages[kind], ("message_type", kind.label))
        }
        return self.metrics.samples() + [RelayMetric.sessionsActive.sample(self.service.active)] + messages
    }
}

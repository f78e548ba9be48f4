import CoreMetrics
import RelayMetrics
import Synchronization

/// What is counted of HTTP/3.
final class HTTP3Metrics: Sendable {
    /// Why the relay ended a connection before its time: the label `reason`.
    enum End: String, CaseIterable, Sendable {
        /// It sent more than it may.
        case flood
        /// It broke the protocol.
        case malformed
        /// Its address has lost too many for floods.
        case refused
    }

    private let requests: Counter
    private let webSockets: Counter
    private let sessions: Counter
    private let refusedStreams: Counter
    private let active: Meter
    private let ended: [End: Counter]
    private let openCount = Atomic<Int>(0)

    init(factory: any MetricsFactory) {
        self.requests = Self.requestCounter("request", factory)
        self.webSockets = Self.requestCounter("websocket", factory)
        self.sessions = Self.requestCounter("webtransport", factory)
        self.refusedStreams = Counter(label: RelayMetric.http3StreamsRefused, factory: factory)
        self.active = Meter(label: RelayMetric.http3ConnectionsActive, factory: factory)
        self.ended = End.allCases.reduce(into: [:]) { counters, reason in
            counters[reason] = Counter(
                label: RelayMetric.http3ConnectionsEnded,
                dimensions: [("reason", reason.rawValue)],
                factory: factory
            )
        }
    }

    private static func requestCounter(_ kind: String, _ factory: any MetricsFactory) -> Counter {
        Counter(label: RelayMetric.http3Requests, dimensions: [("kind", kind)], factory: factory)
    }

    func connectionOpened() { self.active.set(self.openCount.add(1, ordering: .relaxed).newValue) }

    func connectionClosed() { self.active.set(self.openCount.subtract(1, ordering: .relaxed).newValue) }

    func connectionEnded(_ reason: End) { self.ended[reason]?.increment() }

    func requestBegan() { self.requests.increment() }

    func webSocketBegan() { self.webSockets.increment() }

    func sessionBegan() { self.sessions.increment() }

    /// A stream found no place, or no memory.
    func streamRefused() { self.refusedStreams.increment() }
}

import CoreMetrics
import RelayMetrics
import Synchronization

/// What is counted of HTTP/2 or of HTTP/3, whose connections carry many requests at once, each on a stream.
///
/// - Parameter End: why the relay ended a connection before its time: the label `reason`.
final class StreamedHTTPMetrics<End>: Sendable
where End: RawRepresentable<String> & CaseIterable & Hashable & Sendable {
    /// What the series are called.
    struct Labels {
        let requests: String
        let refusedStreams: String
        let activeConnections: String
        let endedConnections: String
    }

    private let requests: Counter
    private let webSockets: Counter
    /// Nil where there are none.
    private let sessions: Counter?
    private let refusedStreams: Counter
    private let active: Meter
    private let ended: [End: Counter]
    private let openCount = Atomic<Int>(0)

    /// - Parameter hasSessions: whether a stream can carry a session of WebTransport.
    init(_ labels: Labels, hasSessions: Bool, factory: any MetricsFactory) {
        func requests(_ kind: String) -> Counter {
            Counter(label: labels.requests, dimensions: [("kind", kind)], factory: factory)
        }
        self.requests = requests("request")
        self.webSockets = requests("websocket")
        self.sessions = hasSessions ? requests("webtransport") : nil
        self.refusedStreams = Counter(label: labels.refusedStreams, factory: factory)
        self.active = Meter(label: labels.activeConnections, factory: factory)
        self.ended = End.allCases.reduce(into: [:]) { counters, reason in
            counters[reason] = Counter(
                label: labels.endedConnections,
                dimensions: [("reason", reason.rawValue)],
                factory: factory
            )
        }
    }

    func connectionOpened() { self.active.set(self.openCount.add(1, ordering: .relaxed).newValue) }

    func connectionClosed() { self.active.set(self.openCount.subtract(1, ordering: .relaxed).newValue) }

    func connectionEnded(_ reason: End) { self.ended[reason]?.increment() }

    func requestBegan() { self.requests.increment() }

    func webSocketBegan() { self.webSockets.increment() }

    func sessionBegan() { self.sessions?.increment() }

    /// A stream found no place, or no memory.
    func streamRefused() { self.refusedStreams.increment() }
}

import CoreMetrics
import RelayMetrics

/// What is counted of HTTP/3.
typealias HTTP3Metrics = StreamedHTTPMetrics<HTTP3End>

/// Why the relay ended a connection of HTTP/3 before its time.
enum HTTP3End: String, CaseIterable, Sendable {
    /// It sent more than it may.
    case flood
    /// It broke the protocol.
    case malformed
    /// Its address has lost too many for floods.
    case refused
}

extension HTTP3Metrics {
    convenience init(factory: any MetricsFactory) {
        let labels = Labels(
            requests: RelayMetric.http3Requests,
            refusedStreams: RelayMetric.http3StreamsRefused,
            activeConnections: RelayMetric.http3ConnectionsActive,
            endedConnections: RelayMetric.http3ConnectionsEnded
        )
        self.init(labels, hasSessions: true, factory: factory)
    }
}

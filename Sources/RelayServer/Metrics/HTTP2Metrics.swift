import CoreMetrics
import RelayMetrics

/// What is counted of HTTP/2.
typealias HTTP2Metrics = StreamedHTTPMetrics<HTTP2End>

/// Why the relay ended a connection of HTTP/2 before its time.
enum HTTP2End: String, CaseIterable, Sendable {
    /// It sent more of what asks for nothing than it may, or heads larger than they may be.
    case flood
    /// It broke the protocol.
    case malformed
    /// It took too long for its first settings, or for a head.
    case slow
    /// Its address has lost too many for floods.
    case refused
}

extension HTTP2Metrics {
    convenience init(factory: any MetricsFactory) {
        let labels = Labels(
            requests: RelayMetric.http2Requests,
            refusedStreams: RelayMetric.http2StreamsRefused,
            activeConnections: RelayMetric.http2ConnectionsActive,
            endedConnections: RelayMetric.http2ConnectionsEnded
        )
        self.init(labels, hasSessions: false, factory: factory)
    }
}

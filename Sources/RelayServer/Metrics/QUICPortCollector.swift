import RelayMetrics
import RelayQUIC
import RelayWire
import Synchronization

/// What the QUIC port has done, and until when its certificate is good: measured when `/metrics` is read.
///
/// Owns how that is found out, in a short `Mutex`: there is a port only once the relay listens.
final class QUICPortCollector: MetricCollector {
    struct Port: Sendable {
        let counts: @Sendable () -> QUICCounts
        let certificateEnd: @Sendable () -> Timestamp
    }

    private let port = Mutex<Port?>(nil)

    /// There is a port from now on.
    func watch(_ port: Port) { self.port.withLock { $0 = port } }

    func collect() -> [MetricSample] {
        guard let port = self.port.withLock({ $0 }) else { return [] }
        let end = RelayMetric.quicCertificateEnd.sample(Int(port.certificateEnd().microseconds / 1_000_000))
        return Self.samples(of: port.counts()) + [end]
    }

    static func samples(of counts: QUICCounts) -> [MetricSample] {
        [
            RelayMetric.quicPortConnections.sample(counts.connections),
            RelayMetric.quicHandshakesActive.sample(counts.handshakes),
            RelayMetric.quicMemory.sample(counts.memory),
            RelayMetric.quicHandshakes.sample(Int(counts.accepted), ("outcome", "done")),
            RelayMetric.quicHandshakes.sample(Int(counts.failed), ("outcome", "failed")),
            RelayMetric.quicRefused.sample(Int(counts.refused)),
            RelayMetric.quicRetries.sample(Int(counts.retries)),
            RelayMetric.quicResets.sample(Int(counts.resets)),
            RelayMetric.quicPackets.sample(Int(counts.datagramsReceived), ("direction", "inbound")),
            RelayMetric.quicPackets.sample(Int(counts.datagramsSent), ("direction", "outbound")),
            RelayMetric.quicPacketsDropped.sample(Int(counts.datagramsDropped)),
        ]
    }
}

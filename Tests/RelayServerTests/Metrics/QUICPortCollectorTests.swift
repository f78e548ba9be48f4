import RelayMetrics
import RelayQUIC
import RelayWire
import Testing

@testable import RelayServer

@Suite("What is shown of the QUIC port")
struct QUICPortCollectorTests {
    private static func text(_ collector: QUICPortCollector) -> String {
        PrometheusRegistry(descriptions: [], collectors: [collector]).exposition()
    }

    @Test("is nothing where there is no port, else all of its counts and its certificate's end, once each")
    func samples() {
        let collector = QUICPortCollector()
        #expect(!Self.text(collector).contains("relay_quic"))
        var counts = QUICCounts()
        (counts.connections, counts.handshakes, counts.memory) = (1, 2, 3)
        (counts.accepted, counts.failed, counts.refused, counts.retries, counts.resets) = (4, 5, 6, 7, 8)
        (counts.datagramsReceived, counts.datagramsSent, counts.datagramsDropped) = (9, 10, 11)
        collector.watch(
            QUICPortCollector.Port(
                counts: { [counts] in counts },
                certificateEnd: { Timestamp(microseconds: 12_000_000) }
            )
        )
        let shown = Self.text(collector).split(separator: "\n").filter { !$0.hasPrefix("#") }.sorted()
        #expect(
            shown.map(String.init) == [
                "relay_quic_certificate_end_timestamp_seconds 12",
                "relay_quic_clients_refused_total 6",
                "relay_quic_handshakes_active 2",
                "relay_quic_handshakes_total{outcome=\"done\"} 4",
                "relay_quic_handshakes_total{outcome=\"failed\"} 5",
                "relay_quic_memory_bytes 3",
                "relay_quic_port_connections_active 1",
                "relay_quic_retries_total 7",
                "relay_quic_stateless_resets_total 8",
                "relay_quic_udp_datagrams_dropped_total 11",
                "relay_quic_udp_datagrams_total{direction=\"inbound\"} 9",
                "relay_quic_udp_datagrams_total{direction=\"outbound\"} 10",
            ]
        )
    }
}

@Suite("From what QUIC's stateless resets are made")
struct QUICResetSecretTests {
    private static func secret(_ of: String = "a", _ change: (inout RelayConfiguration) -> Void = { _ in }) -> [UInt8] {
        var configuration = RelayConfiguration.forTests
        configuration.quic.bind = HostPort("127.0.0.1:8443")
        change(&configuration)
        return configuration.quicResetSecret(from: Secret(of))
    }

    @Test("is the same after a restart, and another for each relay and each secret")
    func secrets() {
        #expect(Self.secret().count == 32 && Self.secret() == Self.secret())
        let others = [
            Self.secret("b"), Self.secret { $0.tunnels.node = NodeAddress("http://a:1") },
            Self.secret { $0.tunnels.node = NodeAddress("http://b:1") },
            Self.secret { $0.quic.bind = HostPort("127.0.0.1:8444") },
        ]
        #expect(Set(others + [Self.secret()]).count == 5)
    }
}

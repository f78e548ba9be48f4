import NIOCore
import NIOHTTP1
import ProgramFixture
import RelayWire
import Testing

@testable import RelayServer

@Suite("The port for STUN of a relay", .timeLimit(.minutes(1)))
struct PeerPortLiveTests {
    @Test("it answers while the relay runs, over UDP and TCP, counts, and is free again afterwards")
    func life() async throws {
        let port = try await freePort()
        for _ in 0..<2 {
            try await withRelay {
                $0.peerPort.bind = HostPort(host: "127.0.0.1", port: port)
                $0.peerPort.alternatePort = 0
            } _: { relay in
                let target = try SocketAddress(ipAddress: "127.0.0.1", port: port)
                let requests = [ByteBuffer(bytes: [0xFF]), STUNExchange.request()]
                let (_, answers) = try await TestDatagramListener.exchange(requests, to: target, count: 1)
                #expect(try STUNMessage(answers[0].data).type == STUNMessageType(.binding, .success))
                let connection = try await RawConnection.open(port)
                connection.send(STUNExchange.request())
                #expect(await connection.take(STUNHeader.size) != nil)
                connection.disconnect()
                let metrics = try await relay.send(.GET, "/metrics").text
                #expect(metrics.contains("relay_udp_answered_total 2"))
                #expect(metrics.contains(#"relay_udp_ignored_total{reason="malformed"} 1"#))
                #expect(metrics.contains(#"relay_udp_ignored_total{reason="rate_limited"} 0"#))
            }
        }
    }

    @Test("without udp_bind there is none")
    func off() {
        #expect(RelayConfiguration().peerPort.bind == nil)
    }

    @Test("a relay that can't have the port does not start, and says which key to change")
    func taken() async throws {
        let port = try await freePort()
        try await withRelay {
            $0.peerPort.bind = HostPort(host: "127.0.0.1", port: port)
            $0.peerPort.alternatePort = 0
        } _: { _ in
            let error = await #expect(throws: RelayStartError.self) {
                try await withRelay {
                    $0.peerPort.bind = HostPort(host: "127.0.0.1", port: port)
                    $0.peerPort.alternatePort = 0
                } _: { _ in
                    Issue.record("both listen")
                }
            }
            let text = error.map { "\($0)" } ?? ""
            #expect(text.hasPrefix("port \(port) of 127.0.0.1 is in use") && text.contains("set udp_bind to"))
        }
    }

    @Test(
        "keys that contradict each other are refused",
        arguments: [
            (["UDP_BIND": "0.0.0.0:7000", "UDP_ALTERNATE_PORT": "7000"], "udp_alternate_port"),
            (["UDP_BIND": "0.0.0.0:7000", "UDP_ALTERNATE_ADDRESS": "192.0.2.2"], "udp_alternate_address"),
            (["UDP_BIND": "192.0.2.2:7000", "UDP_ALTERNATE_ADDRESS": "192.0.2.2"], "udp_alternate_address"),
            (["UDP_BIND": "192.0.2.1:7000", "UDP_ALTERNATE_ADDRESS": "2001:db8::2"], "udp_alternate_address"),
            (["UDP_BIND": "7000"], "udp_bind"), (["UDP_BIND": "[::]:0"], "udp_bind"),
            (["UDP_BIND": "0.0.0.0:7000", "PUBLIC_ADDRESS": "relay.example.org"], "public_address"),
        ]
    )
    func rules(settings: [String: String], key: String) {
        let environment = Dictionary(uniqueKeysWithValues: settings.map { ("PULSAR_\($0)", $1) })
        let failure = #expect(throws: ConfigurationFailure.self) {
            try ConfigurationLoaderTests.load(environment: environment)
        }
        #expect(failure?.description.contains(key) ?? false)
    }
}

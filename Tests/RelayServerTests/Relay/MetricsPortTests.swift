import NIOHTTP1
import ProgramFixture
import Testing

@testable import RelayServer

@Suite("A port for metrics alone", .timeLimit(.minutes(1)))
struct MetricsPortTests {
    @Test("it has /metrics and nothing else, for any host, and is free again afterwards")
    func life() async throws {
        let port = try await freePort()
        for _ in 0..<2 {
            try await withRelay {
                $0.metrics.port = port
                $0.server.trustedHosts = ["relay.example.org", "127.0.0.1"]
            } _: { relay in
                let own = TestRelay(port: port, http: relay.http, shutDown: relay.shutDown)
                let reply = try await own.send(.GET, "/metrics", headers: [("host", "10.0.0.7:9090")])
                #expect(reply.status == 200)
                #expect(reply.text.contains("# TYPE relay_messages_received_total counter"))
                #expect(try await relay.send(.GET, "/metrics").status == 200)
                for path in ["/health", "/", "/api/v1/topics", "/messages/poll", "/ws"] {
                    #expect(try await own.send(.GET, path).status == 404, "\(path)")
                }
                #expect(try await own.send(.POST, "/metrics", body: "x").status == 405)
                #expect(try await own.send(.POST, "/api/v1/messages", body: "{}").status == 404)
            }
        }
    }

    @Test("it shows the metrics to who has the token, where there is one; health stays open")
    func token() async throws {
        let port = try await freePort()
        try await withRelay {
            $0.metrics.port = port
            $0.metrics.token = Secret("0123456789abcdef")
        } _: { relay in
            let own = TestRelay(port: port, http: relay.http, shutDown: relay.shutDown)
            for side in [relay, own] {
                for path in ["/metrics", "/metrics/json"] {
                    let refused = try await side.send(.GET, path)
                    #expect(refused.status == 401)
                    #expect(refused.header("www-authenticate") == "Bearer")
                    #expect(!refused.text.contains("relay_messages"))
                    #expect(try await side.send(.GET, path, token: "0123456789abcdeX").status == 401)
                    #expect(try await side.send(.GET, path, token: "0123456789abcdef").status == 200)
                }
            }
            #expect(try await relay.send(.GET, "/health").status == 200)
        }
    }

    @Test("a relay that can't have it does not start, and says which key to change")
    func taken() async throws {
        let port = try await freePort()
        try await withRelay {
            $0.metrics.port = port
        } _: { _ in
            let error = await #expect(throws: RelayStartError.self) {
                try await withRelay {
                    $0.metrics.port = port
                } _: { _ in
                    Issue.record("both listen")
                }
            }
            let text = error.map { "\($0)" } ?? ""
            #expect(text.hasPrefix("port \(port) of 127.0.0.1 is in use") && text.contains("set prometheus_port to"))
        }
    }

    @Test("a relay without a certificate does not start where it is to speak TLS")
    func noCertificate() async throws {
        let port = try await freePort()
        let error = await #expect(throws: RelayStartError.self) {
            try await withRelay {
                $0.metrics.port = port
                $0.metrics.usesTLS = true
            } _: { _ in
                Issue.record("it listens")
            }
        }
        #expect(error.map { "\($0)" }?.contains("prometheus_tls needs a certificate") == true)
    }

    @Test("it is off unless it is set, and is not the relay's own port")
    func rules() throws {
        #expect(RelayConfiguration().metrics.port == nil)
        let loaded = try ConfigurationLoaderTests.load(environment: ["PULSAR_PROMETHEUS_PORT": "9090"])
        #expect(loaded.configuration.metrics.port == 9_090)
        let failure = #expect(throws: ConfigurationFailure.self) {
            try ConfigurationLoaderTests.load(environment: ["PULSAR_PROMETHEUS_PORT": "8080"])
        }
        #expect(failure?.description.contains("prometheus_port: must not be port") ?? false)
    }
}

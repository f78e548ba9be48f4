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

import Foundation
import ProgramFixture
import Testing

/// HTTP/2 at the relay's own port, as clients that others wrote speak it.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct HTTP2Tests {
    @Test(
        "Requests, event streams, polls and WebSockets over HTTP/2",
        arguments: ["http2_requests.py", "http2_websocket.py", "http2_programs.py"]
    )
    func scripts(_ script: String) async throws {
        try await Self.underOwnCertificate { scenario, settings in
            var scenario = scenario
            let port = String(try await freePort())
            scenario.environment["METRICS_PORT"] = port
            let metrics = ["PROMETHEUS_PORT": port, "PROMETHEUS_TLS": "true"]
            let relay = try await RelayUnderTest.start(settings.merging(metrics) { $1 }, in: scenario.folder)
            try await scenario.run(script, against: relay)
            try await relay.stop()
        }
    }

    @Test("A browser fetches over HTTP/2, and opens its WebSockets on the connection that it has")
    func browser() async throws {
        try await Self.underOwnCertificate { scenario, settings in
            let origins = ["ALLOWED_ORIGINS": "[\"*\"]"]
            let relay = try await RelayUnderTest.start(settings.merging(origins) { $1 }, in: scenario.folder)
            try await scenario.run("http2_chromium.py", against: relay)
            try await relay.stop()
        }
    }

    @Test("Clients that flood a connection lose it, and others notice nothing")
    func floods() async throws {
        try await Self.underOwnCertificate { scenario, settings in
            let short = ["HEADER_TIMEOUT": "3"]
            let relay = try await RelayUnderTest.start(settings.merging(short) { $1 }, in: scenario.folder)
            try await scenario.run("http2_floods.py", against: relay)
            try await relay.stop()
        }
    }

    @Test("A relay that stops lets streams end, and tells their clients to go")
    func stops() async throws {
        try await Self.underOwnCertificate { scenario, settings in
            let relay = try await RelayUnderTest.start(settings, in: scenario.folder)
            try await scenario.run("http2_stop.py", against: relay)
            #expect(try await relay.process.exit(within: .seconds(30)) == .code(0))
        }
    }

    @Test("Where HTTP/2 is turned off, clients get HTTP/1.1")
    func off() async throws {
        try await Self.underOwnCertificate { scenario, settings in
            let relay = try await RelayUnderTest.start(settings.merging(["HTTP2": "false"]) { $1 }, in: scenario.folder)
            try await scenario.run("http2_off.py", against: relay)
            try await relay.stop()
        }
    }

    private static func underOwnCertificate(
        _ body: (_ scenario: Scenario, _ settings: [String: String]) async throws -> Void
    ) async throws {
        try await Scenario.inFolder { scenario in
            var scenario = scenario
            scenario.trust(scenario.folder.appending(path: "data/tls-self-signed.crt"))
            try await body(scenario, ["TLS_SELF_SIGNED": "true"])
        }
    }
}

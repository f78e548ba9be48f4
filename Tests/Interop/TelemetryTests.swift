import Foundation
import ProgramFixture
import Testing

/// What a collector of OpenTelemetry's protocol gets, that others' code receives and reads.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct TelemetryTests {
    @Test("Traces, metrics and log records reach a collector", arguments: ["http", "grpc"])
    func exported(_ way: String) async throws {
        let port = try await freePort()
        let settings = [
            "OTLP_ENDPOINT": "http://127.0.0.1:\(port)", "OTLP_PROTOCOL": way, "OTLP_HEADERS": "x-api-key=a key",
            "OTLP_SERVICE_NAME": "relay-under-test", "OTLP_INTERVAL": "2s", "TRACE_SAMPLE_RATIO": "0",
            "OTLP_RESOURCE_ATTRIBUTES": "deployment.environment.name=test", "LOG_LEVEL": "debug",
        ]
        try await Scenario.inFolder { scenario in
            var scenario = scenario
            scenario.environment = ["OTLP_PORT": String(port), "OTLP_PROTOCOL": way]
            let relay = try await RelayUnderTest.start(settings, in: scenario.folder)
            try await scenario.run("telemetry.py", against: relay)
            #expect(try await relay.process.exit(within: .seconds(30)) == .code(0), "\(relay.process.lastWords)")
        }
    }

    @Test(
        "A collector whose certificate is of a private authority is believed by otlp_ca_path alone",
        arguments: ["http", "grpc"]
    )
    func privateAuthority(_ way: String) async throws {
        try await Scenario.inFolder { scenario in
            var scenario = scenario
            scenario.environment["RELAY_PROGRAM"] = Installation.relay.path()
            scenario.environment["OTLP_PROTOCOL"] = way
            try await scenario.run("telemetry_tls.py")
        }
    }

    @Test("A collector that is slow, dead or wrong stops nothing")
    func trouble() async throws {
        let port = try await freePort()
        let settings = [
            "OTLP_ENDPOINT": "http://127.0.0.1:\(port)", "OTLP_TIMEOUT": "2s", "OTLP_MAX_QUEUE_BYTES": "65536",
            "TRACE_SAMPLE_RATIO": "1", "RATE_LIMITS_ENABLED": "false",
        ]
        try await Scenario.run("telemetry_trouble.py", settings: settings, environment: ["OTLP_PORT": String(port)])
    }

    @Test("A trace goes on at another relay")
    func nodes() async throws {
        try await Scenario.inFolder { scenario in
            var scenario = scenario
            scenario.environment["RELAY_PROGRAM"] = Installation.relay.path()
            try await scenario.run("telemetry_nodes.py")
        }
    }
}

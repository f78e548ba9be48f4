import Foundation
import Logging
import RelayTelemetry
import Testing

@testable import RelayServer

/// Files of the systems that the relay replaces, in `Samples`.
@Suite("Configuration files that people bring along")
struct SampleTests {
    private static func load(_ name: String) throws -> EffectiveConfiguration {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Samples/\(name)").path
        return try ConfigurationLoader(
            flags: ["config_file": path],
            environment: [:],
            readFile: ConfigurationLoader.readFromDisk
        ).load()
    }

    private static func keysWithoutEffect(_ loaded: EffectiveConfiguration) -> [String] {
        #expect(loaded.warnings.allSatisfy { $0.severity == .warning && $0.message.contains("no effect") })
        return loaded.warnings.compactMap(\.key)
    }

    @Test("The Python relay's file loads, and says that its Valkey is not used")
    func pythonRelay() throws {
        let loaded = try Self.load("python-relay.yaml")
        #expect(loaded.configuration.server.port == 8_080)
        #expect(loaded.configuration.server.readTimeout == .seconds(45))
        #expect(loaded.configuration.server.writeTimeout == .seconds(20))
        #expect(loaded.configuration.storage.persistentTierRetention == .seconds(172_800))
        #expect(loaded.configuration.storage.maxMessagesPerTopic == 500_000)
        #expect(loaded.configuration.valkey.password == nil)
        #expect(Self.keysWithoutEffect(loaded) == ["valkey.pool_size", "valkey_host, valkey_port, valkey_db"])
    }

    @Test("The Pulse engine's file loads: where it listens, its limits and its heartbeat are in force")
    func engine() throws {
        let loaded = try Self.load("engine.toml")
        let pulse = loaded.configuration.pulse
        #expect(pulse.host == "0.0.0.0" && pulse.port == 9_090)
        #expect(pulse.maxMessageBytes == 131_072)
        #expect(pulse.heartbeat == .seconds(30) && pulse.timeout == .seconds(60))
        #expect(loaded.configuration.server.maxConnections == 5_000)
        #expect(loaded.configuration.server.port == 8_080 && loaded.configuration.server.host == "127.0.0.1")
        #expect(
            Set(Self.keysWithoutEffect(loaded)) == [
                "transport.websocket, transport.webtransport", "limits.max_channels",
            ]
        )
    }

    @Test("The session service's file loads as TOML and as JSON", arguments: ["sessions.toml", "sessions.json"])
    func sessions(_ name: String) throws {
        let loaded = try Self.load(name)
        #expect(loaded.configuration.logging.level == .debug)
        #expect(
            Set(loaded.origins.keys) == [
                "host", "port", "udp_bind", "quic_bind", "log_level", "jwt_secret_key", "prometheus_port",
                "max_sessions",
                "relay_bandwidth_limit", "hole_punch_timeout", "tls_cert_path", "tls_key_path", "mtls_enabled",
                "otlp_endpoint",
            ]
        )
        #expect(loaded.configuration.peerPort.punchTime == .seconds(10))
        #expect(loaded.configuration.server.host == "0.0.0.0" && loaded.configuration.server.port == 8_080)
        #expect(loaded.configuration.tls.certificatePath == "/etc/pulsar/cert.pem")
        #expect(loaded.configuration.tls.keyPath == "/etc/pulsar/key.pem")
        #expect(loaded.configuration.tls.requiredAuthorityPath == nil)
        #expect(loaded.configuration.metrics.port == 9_090)
        #expect(loaded.configuration.telemetry.endpoint?.description == "http://localhost:4317")
        #expect(loaded.configuration.peerPort.bind == HostPort(host: "0.0.0.0", port: 7_000))
        #expect(loaded.configuration.quic.bind == HostPort(host: "0.0.0.0", port: 8_443))
        #expect(
            Set(Self.keysWithoutEffect(loaded)) == [
                "database_url", "s3_bucket, s3_region", "storage_dir",
                "nat_probe_timeout, p2p_allow_insecure",
            ]
        )
        #expect(!loaded.warnings.description.contains("hunter2"))
    }
}

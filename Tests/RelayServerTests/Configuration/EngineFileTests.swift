import Logging
import Testing

@testable import RelayServer

@Suite("The Pulse engine's configuration")
struct EngineFileTests {
    private static func load(
        _ file: String,
        environment: [String: String] = [:],
        path: String = "./pulse.toml"
    ) throws -> EffectiveConfiguration {
        try ConfigurationLoaderTests.load(environment: environment, files: [path: file])
    }

    @Test("each of its keys has the effect that it has there")
    func keys() throws {
        let loaded = try Self.load(
            """
            host = "10.0.0.1"
            port = 7000
            [transport]
            websocket_path = "/live"
            [limits]
            max_connections = 9
            max_subscriptions_per_connection = 7
            max_message_size = 1000
            [heartbeat]
            interval_ms = 1500
            timeout_ms = 4000
            [metrics]
            enabled = true
            port = 9191
            [logging]
            level = "warn"
            format = "pretty"
            """
        )
        let pulse = loaded.configuration.pulse
        #expect(pulse.host == "10.0.0.1" && pulse.port == 7_000 && pulse.path == "/live")
        #expect(pulse.maxSubscriptions == 7 && pulse.maxMessageBytes == 1_000)
        #expect(pulse.heartbeat == .milliseconds(1_500) && pulse.timeout == .seconds(4))
        #expect(loaded.configuration.server.maxConnections == 9 && loaded.configuration.server.port == 8_080)
        #expect(loaded.configuration.metrics.port == 9_191)
        #expect(loaded.configuration.logging.level == .warning && loaded.configuration.logging.format == .text)
        #expect(loaded.file == "./pulse.toml" && loaded.warnings.isEmpty, "\(loaded.warnings)")
    }

    @Test(
        "metrics have a port where they are on",
        arguments: [
            ("enabled = true", 9_090), ("enabled = false\nport = 9191", nil), ("port = 9191", 9_191),
            ("enabled = true\nport = 9191", 9_191),
        ] as [(String, Int?)]
    )
    func metrics(text: String, port: Int?) throws {
        #expect(try Self.load("[metrics]\n\(text)").configuration.metrics.port == port)
    }

    @Test("the environment is stronger than it, and what is said to the relay itself stronger still")
    func environment() throws {
        let file = "port = 7000\nhost = \"::1\""
        let own = ["PULSE_PORT": "7001"]
        #expect(try Self.load(file, environment: own).configuration.pulse.port == 7_001)
        let both = ["PULSE_PORT": "7001", "PULSAR_PULSE_PORT": "7002"]
        #expect(try Self.load(file, environment: both).configuration.pulse.port == 7_002)
        #expect(try Self.load(file, environment: both).configuration.pulse.host == "::1")
        // Other systems' variables are weaker than any file.
        #expect(
            try Self.load("[logging]\nlevel = \"info\"", environment: ["RUST_LOG": "debug"]).configuration.logging.level
                == .info
        )
    }

    @Test("its usual port is the relay's, which gives way where nothing sets it")
    func samePort() throws {
        let loaded = try Self.load("[server]\nport = 8080")
        #expect(loaded.configuration.pulse.port == 8_080 && loaded.configuration.server.port == 8_081)
        #expect(loaded.warnings.map(\.key) == ["port"])
        let set = try Self.load("port = 8080", environment: ["PULSAR_PORT": "9000"])
        #expect(set.configuration.server.port == 9_000 && set.warnings.isEmpty)
        #expect(throws: ConfigurationFailure.self) {
            try Self.load("port = 8080", environment: ["PULSAR_PORT": "8080"])
        }
    }

    @Test("keys that nobody knows are errors, and the relay's own are read")
    func others() throws {
        for text in ["colour = 1", "[transport]\nquic = true", "[heartbeat]\nevery = 3", "[limits]\nmax_things = 3"] {
            #expect(throws: ConfigurationFailure.self, "\(text)") { try Self.load(text) }
        }
        let loaded = try Self.load("port = 7000\nstorage_backend = \"memory\"\npulse_anonymous_user = \"guest\"")
        #expect(loaded.configuration.storage.backend == .memory)
        #expect(loaded.configuration.pulse.anonymousUser == "guest")
        #expect(throws: ConfigurationFailure.self) { try Self.load("[heartbeat]\ninterval = 5000\ntimeout = 5000") }
    }

    @Test("it is looked for last, and told by its name or by its keys")
    func search() throws {
        let files = ["./config.yaml": "port: 7", "./pulse.toml": "port = 8"]
        let own = try ConfigurationLoaderTests.load(files: files)
        #expect(own.configuration.server.port == 7 && own.configuration.pulse.port == nil)
        let home = try Self.load("port = 8", environment: ["HOME": "/home/a"], path: "/home/a/.config/pulse/pulse.toml")
        #expect(home.configuration.pulse.port == 8)
        let named = try Self.load("port = 8\n[heartbeat]\ninterval = 9000", path: "./config.toml")
        #expect(named.configuration.pulse.port == 8 && named.configuration.pulse.heartbeat == .seconds(9))
        let other = try Self.load("port = 8", path: "./config.toml")
        #expect(other.configuration.server.port == 8 && other.configuration.pulse.port == nil)
    }

    @Test("a relay that others reach over Pulse's port needs a secret as one that they reach over its own")
    func reach() {
        var configuration = RelayConfiguration()
        configuration.storage.backend = .memory
        #expect(StartupGuard.secretPlan(configuration) == .random)
        configuration.pulse.port = 7_000
        #expect(StartupGuard.secretPlan(configuration) == .random)
        configuration.pulse.host = "0.0.0.0"
        #expect(StartupGuard.secretPlan(configuration) == .missing)
    }
}

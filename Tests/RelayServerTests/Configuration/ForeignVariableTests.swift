import Logging
import Testing

@testable import RelayServer

/// Variables of systems that the relay replaces.
@Suite("Variables of other systems")
struct ForeignVariableTests {
    private static func load(
        _ environment: [String: String],
        file: String = ""
    ) throws -> (configuration: RelayConfiguration, warnings: [String]) {
        let loaded = try ConfigurationLoaderTests.load(environment: environment, files: ["./config.yaml": file])
        return (loaded.configuration, loaded.warnings.map(\.description))
    }

    @Test("count where nothing else sets the key, with a line about each")
    func taken() throws {
        let loaded = try Self.load(["PORT": "5000", "HOST": "0.0.0.0", "RUST_LOG": "warn,relay=trace"])
        #expect(loaded.configuration.server.port == 5_000)
        #expect(loaded.configuration.server.host == "0.0.0.0")
        #expect(loaded.configuration.logging.level == .warning)
        #expect(loaded.warnings.count == 3)
        #expect(loaded.warnings.contains { $0.hasPrefix("PORT: is taken for port") && $0.contains("PULSAR_PORT") })
    }

    @Test("are weaker than the file and everything else, and the line says so")
    func weaker() throws {
        let loaded = try Self.load(
            ["PORT": "5000", "PULSAR_LOG_LEVEL": "error", "RUST_LOG": "info"],
            file: "port: 4000"
        )
        #expect(loaded.configuration.server.port == 4_000)
        #expect(loaded.configuration.logging.level == .error)
        #expect(
            loaded.warnings.sorted() == [
                "PORT: has no effect: port is set otherwise", "RUST_LOG: has no effect: log_level is set otherwise",
            ]
        )
    }

    @Test(
        "have no effect where they mean something else, and stop nothing",
        arguments: [
            ("PORT", "tcp://10.0.0.7:8080"), ("HOST", "my-machine"), ("RUST_LOG", "relay=debug"),
            ("REDIS_URL", "redis://x"), ("DISABLE_REDIS_PERSISTENCE", "1"), ("PULSE_PROFILE", "dev"),
        ]
    )
    func meaningless(_ name: String, _ value: String) throws {
        let loaded = try Self.load([name: value])
        #expect(loaded.configuration == RelayConfiguration())
        #expect(loaded.warnings.count == 1)
        #expect(loaded.warnings.first?.hasPrefix("\(name): has no effect: ") == true)
    }

    @Test("of the Pulse engine set what they set there")
    func pulse() throws {
        let loaded = try Self.load(["PULSE_HOST": "::", "PULSE_PORT": "8085", "PULSE_LOGGING_LEVEL": "debug"])
        #expect(loaded.configuration.pulse.host == "::" && loaded.configuration.pulse.port == 8_085)
        #expect(loaded.configuration.server == RelayConfiguration().server)
        #expect(loaded.configuration.logging.level == .debug)
    }

    @Test("each key that is set is explained: where from, and what it overrides")
    func explained() throws {
        let loaded = try ConfigurationLoaderTests.load(
            flags: ["port": "1"],
            environment: ["PULSAR_PORT": "2", "PULSAR_JWT_SECRET": "hunter2-hunter2", "PORT": "9"],
            files: [".env": "PULSAR_PORT=3", "./config.yaml": "port: 4\nlog_level: debug"]
        )
        let text = loaded.explain()
        #expect(
            text.contains(
                """
                port: 1
                  from flag port
                  overrides environment PULSAR_PORT, then .env line 1, then ./config.yaml line 1, then environment PORT
                  default 8080
                  changes with a restart
                """
            ),
            "\(text)"
        )
        #expect(
            text.contains(
                "log_level: debug\n  from ./config.yaml line 2\n  default info\n  changes while the relay runs"
            )
        )
        #expect(text.hasPrefix("configuration file: ./config.yaml"))
        #expect(!text.contains("hunter2"))
        #expect(!text.contains("data_dir"))
    }
}

import RelayCore
import Testing

@testable import RelayServer

@Suite struct ConfigurationLoaderTests {
    static func load(
        flags: [String: String] = [:],
        environment: [String: String] = [:],
        files: [String: String] = [:]
    ) throws(ConfigurationFailure) -> EffectiveConfiguration {
        try ConfigurationLoader(flags: flags, environment: environment, readFile: { files[$0] }).load()
    }

    private static func failure(
        flags: [String: String] = [:],
        environment: [String: String] = [:],
        files: [String: String] = [:]
    ) throws -> String {
        try #require(throws: ConfigurationFailure.self) {
            try self.load(flags: flags, environment: environment, files: files)
        }.description
    }

    @Test("With no source at all everything has its default")
    func defaults() throws {
        let loaded = try Self.load()
        #expect(loaded.configuration == RelayConfiguration())
        #expect(loaded.origins.isEmpty)
        #expect(loaded.warnings.isEmpty)
        #expect(loaded.file == nil)
    }

    @Test("A flag beats the environment, that .env, that the file, that the default")
    func precedence() throws {
        let files = [".env": "PULSAR_PORT=3\n", "./config.yaml": "port: 4\n"]
        let environment = ["PULSAR_PORT": "2"]
        #expect(try Self.load(flags: ["port": "1"], environment: environment, files: files).port == 1)
        #expect(try Self.load(environment: environment, files: files).port == 2)
        #expect(try Self.load(files: files).port == 3)
        #expect(try Self.load(files: ["./config.yaml": "port: 4\n"]).port == 4)
    }

    @Test("Each value says where it came from")
    func origins() throws {
        let loaded = try Self.load(
            flags: ["port": "1"],
            environment: ["PULSAR_HOST": "::1"],
            files: [".env": "# mine\nPULSAR_THREADS=3", "./config.yaml": "server:\n  read_timeout: 5s\n"]
        )
        #expect(loaded.origins["port"] == ValueOrigin(source: .flag, place: "flag port"))
        #expect(loaded.origins["host"] == ValueOrigin(source: .environment, place: "environment PULSAR_HOST"))
        #expect(loaded.origins["threads"] == ValueOrigin(source: .dotEnvironment, place: ".env line 2"))
        #expect(loaded.origins["read_timeout"] == ValueOrigin(source: .file, place: "./config.yaml line 2"))
        #expect(loaded.origins.count == 4)
    }

    @Test("The first file that exists is the one that is read")
    func standardFiles() throws {
        var files = Dictionary(
            uniqueKeysWithValues: ConfigurationLoader.standardPaths.enumerated().map { index, path in
                (path, path.hasSuffix("toml") ? "port = \(index + 1)" : "port: \(index + 1)")
            }
        )
        for (index, path) in ConfigurationLoader.standardPaths.enumerated() {
            let loaded = try Self.load(files: files)
            // What the Pulse engine's file calls so is its own.
            #expect((loaded.configuration.pulse.port ?? loaded.port) == index + 1)
            #expect(loaded.file == path)
            files[path] = nil
        }
    }

    @Test("The file can be named by flag, by environment and by .env, in that order")
    func namedFile() throws {
        let files = [
            "a.yaml": "port: 1", "b.toml": "port = 2", "c.json": "{\"port\": 3}", "./config.yaml": "port: 9",
            ".env": "PULSAR_CONFIG_FILE=c.json",
        ]
        let environment = ["PULSAR_CONFIG_FILE": "b.toml"]
        #expect(try Self.load(flags: ["config_file": "a.yaml"], environment: environment, files: files).port == 1)
        #expect(try Self.load(environment: environment, files: files).port == 2)
        #expect(try Self.load(files: files).port == 3)
    }

    @Test(
        "Both shapes of a file mean the same",
        arguments: [
            (
                "./config.yaml",
                "port: 8081\nread_timeout: 45\npersistent_tier_retention: 172800\nmax_messages_per_topic: 7"
            ),
            (
                "./config.yaml",
                "server:\n  http_port: 8081\n  read_timeout: 45s\nstorage:\n  persistent_tier_retention: 48h\n  max_messages_per_topic: 7"
            ),
            (
                "./config.toml",
                "port = 8081\nread_timeout = '45s'\n[storage]\npersistent_tier_retention = '2d'\nmax_messages_per_topic = 7"
            ),
        ]
    )
    func shapes(_ path: String, _ text: String) throws {
        var expected = RelayConfiguration()
        expected.server.port = 8_081
        expected.server.readTimeout = .seconds(45)
        expected.storage.persistentTierRetention = .seconds(172_800)
        expected.storage.maxMessagesPerTopic = 7
        #expect(try Self.load(files: [path: text]).configuration == expected)
    }

    @Test("Environment names are read in any case, and nested ones with two underscores")
    func environmentNames() throws {
        let loaded = try Self.load(environment: [
            "pulsar_port": "1", "Pulsar_Storage__Data_Dir": "/srv", "PULSAR_WORKERS": "3",
            "PULSAR_JWT_SECRET": "abc", "HOME": "/root", "PULSARPORT": "7",
        ])
        #expect(loaded.port == 1)
        #expect(loaded.configuration.storage.dataDirectory == "/srv")
        #expect(loaded.configuration.server.threads == 3)
        #expect(loaded.configuration.access.jwtSecret == Secret("abc"))
    }

    @Test("Lists are JSON arrays in the environment, commas will do, and sequences in files")
    func lists() throws {
        let expected = ["https://a.example", "http://localhost:3000"]
        for text in ["[\"https://a.example\", \"http://localhost:3000\"]", "https://A.example, http://localhost:3000"] {
            let loaded = try Self.load(environment: ["PULSAR_ALLOWED_ORIGINS": text])
            #expect(loaded.configuration.server.allowedOrigins == expected)
        }
        let yaml = "allowed_origins:\n- https://a.example\n- http://localhost:3000\n"
        #expect(try Self.load(files: ["./config.yaml": yaml]).configuration.server.allowedOrigins == expected)
        let toml = "allowed_origins = ['https://a.example', 'http://localhost:3000']"
        #expect(try Self.load(files: ["./config.toml": toml]).configuration.server.allowedOrigins == expected)
    }

    @Test("A star allows pages of all origins, from the environment as from a file")
    func anyOrigin() throws {
        for loaded in [
            try Self.load(environment: ["PULSAR_ALLOWED_ORIGINS": "[\"*\"]"]),
            try Self.load(environment: ["PULSAR_ALLOWED_ORIGINS": "*"]),
            try Self.load(files: ["./config.yaml": "allowed_origins: [\"*\"]\n"]),
        ] {
            let origins = loaded.configuration.server.allowedOrigins
            #expect(origins == ["*"] && AllowedOrigins(origins).allows("https://any.example"))
        }
    }

    @Test("An empty variable and a key without a value are not set")
    func emptyValues() throws {
        let loaded = try Self.load(
            environment: ["PULSAR_PORT": ""],
            files: [".env": "PULSAR_HOST=\n", "./config.yaml": "port: 5\nhost:\nserver:\n"]
        )
        #expect(loaded.port == 5)
        #expect(loaded.configuration.server.host == "127.0.0.1")
    }

    @Test(
        "An empty text in a file is not set, whatever its key takes",
        arguments: [
            ("./config.yaml", "valkey:\n  password: \"\"\n  db: ''\nport: \"\"\nallowed_origins: \"\"\noidc: \"\""),
            ("./config.toml", "port = ''\nbootstrap_admin_password = \"\"\nws_idle_seconds = ''"),
            ("./config.toml", "[valkey]\npassword = ''\n[auth]\njwt_secret = ''"),
        ]
    )
    func emptyTexts(_ path: String, _ text: String) throws {
        let loaded = try Self.load(files: [path: text])
        #expect(loaded.configuration == RelayConfiguration())
        #expect(loaded.origins.isEmpty && loaded.warnings.isEmpty)
    }

    @Test("All problems are reported at once, each with key, value, what is allowed, and place")
    func problems() throws {
        let text = try Self.failure(
            flags: ["log_level": "loud"],
            environment: ["PULSAR_PORT": "70000", "PULSAR_PROT": "1"],
            files: ["./config.yaml": "ws_idle_seconds: 4\nserver:\n  htp_port: 3\nmax_body_bytes: [1]\n"]
        )
        #expect(
            text.split(separator: "\n").sorted() == [
                "log_level: \"loud\" is refused, it must be one of trace, debug, info, notice, warning, error, critical (flag log_level)",
                "max_body_bytes: [\"1\"] is refused, it must be a size from 1KiB to 1GiB, written as a number of bytes, or like 64KiB, 16MiB, 1GiB (./config.yaml line 4)",
                "port: \"70000\" is refused, it must be an integer from 0 to 65535 (environment PULSAR_PORT)",
                "prot: no such key; did you mean port? (environment PULSAR_PROT)",
                "server.htp_port: no such key; did you mean server.http_port? (./config.yaml line 3)",
                "ws_idle_seconds: \"4\" is refused, it must be a time from 5s to 1d, written as a number of seconds, or like 500ms, 30s, 5m, 24h, 7d (./config.yaml line 1)",
            ]
        )
    }

    @Test("A key set twice in one source with two values is a problem, with one value it is none")
    func twice() throws {
        let text = try Self.failure(environment: ["PULSAR_PORT": "1", "PULSAR_SERVER__HTTP_PORT": "2"])
        #expect(text.contains("set before with another value (environment PULSAR_PORT)"))
        #expect(try Self.load(environment: ["PULSAR_PORT": "1", "PULSAR_SERVER__PORT": "1"]).port == 1)
    }

    @Test(
        "A file that can't be read as a whole is one problem, which does not quote the file",
        arguments: [
            ("./config.yaml", "jwt_secret_key: \"hunter2-hunter2\nport: 1"), ("./config.yaml", "- hunter2"),
            ("./config.yaml", "hunter2"), ("./config.toml", "jwt_secret_key = hunter2"),
            ("./config.yaml", "a: {hunter2: 1, b: ["), ("./config.toml", "x = 1979-05-27"),
        ]
    )
    func brokenFiles(_ path: String, _ text: String) throws {
        let message = try Self.failure(files: [path: text])
        #expect(message.contains(path))
        #expect(!message.contains("hunter2"))
    }

    @Test("A file that is neither JSON nor TOML, or is missing though it was named, is a problem")
    func unusableFiles() throws {
        #expect(try Self.failure(flags: ["config_file": "a.ini"], files: ["a.ini": "a"]).contains("this is not TOML"))
        #expect(try Self.failure(environment: ["PULSAR_CONFIG_FILE": "b.yaml"]).contains("there is no file b.yaml"))
    }

    @Test("A file that the system won't let us read is a problem")
    func forbiddenFile() throws {
        struct Forbidden: Error {}
        let loader = ConfigurationLoader(flags: [:], environment: [:]) { _ in throw Forbidden() }
        let failure = try #require(throws: ConfigurationFailure.self) { try loader.load() }
        #expect(failure.problems.map(\.place) == [".env", "./config.toml"])
    }

    @Test("Secrets are in no message")
    func secrets() throws {
        let text = try Self.failure(environment: [
            "PULSAR_BOOTSTRAP_ADMIN_PASSWORD": "hunter2", "PULSAR_JWT_SECRET": "hunter2a",
            "PULSAR_JWT_SECRET_KEY": "hunter2b",
        ])
        #expect(text.contains("bootstrap_admin_password: ******** is refused, it must be a text of at least 8"))
        #expect(!text.contains("hunter2"))
    }

    @Test(
        "Keys of the Python relay without effect here are read with a warning that names them",
        arguments: [
            "PULSAR_APP_NAME", "PULSAR_VALKEY__POOL_SIZE", "PULSAR_RATE_LIMIT_STORAGE_URI",
        ]
    )
    func dormant(_ name: String) throws {
        let loaded = try Self.load(environment: [name: "hunter2"])
        #expect(loaded.configuration == RelayConfiguration())
        let warning = try #require(loaded.warnings.first)
        #expect(warning.severity == .warning)
        #expect(warning.description.contains("has no effect"))
        #expect(warning.description.contains(name))
        #expect(!warning.description.contains("hunter2"))
    }

    @Test(
        "What Kubernetes tells a container about a service called pulsar sets nothing",
        arguments: [
            ("PULSAR_PORT", "tcp://10.0.0.7:8080"), ("PULSAR_SERVICE_HOST", "10.0.0.7"),
            ("PULSAR_SERVICE_PORT", "8080"), ("PULSAR_SERVICE_PORT_HTTP", "8080"),
            ("PULSAR_PORT_8080_TCP_ADDR", "10.0.0.7"), ("PULSAR_RELAY_PORT_8080_TCP", "tcp://10.0.0.7:8080"),
            ("PULSAR_RELAY_ALLOW_INSECURE", "1"),
        ]
    )
    func foreignVariables(_ name: String, _ value: String) throws {
        #expect(try Self.load(environment: [name: value]).configuration == RelayConfiguration())
    }

    @Test("A caller's own variables are left alone")
    func callersVariables() throws {
        let loader = ConfigurationLoader(
            flags: [:],
            environment: ["PULSAR_URL": "x"],
            foreignNames: ["PULSAR_URL"],
            readFile: { _ in nil }
        )
        #expect(try loader.load().warnings.isEmpty)
    }

    @Test(
        "Keys that don't fit together are problems",
        arguments: [
            (["PULSAR_TLS_CERT": "/relay.crt"], "has no tls_key_path"),
            (["PULSAR_TLS_KEY_PATH": "/relay.key"], "has no tls_cert_path"),
            (
                ["PULSAR_TLS_CERT": "/a", "PULSAR_TLS_KEY": "/b", "PULSAR_TLS_SELF_SIGNED": "true"],
                "tls_self_signed: must not"
            ),
            (["PULSAR_MTLS_ENABLED": "true"], "mtls_enabled: needs client_ca_path"),
            (["PULSAR_CLIENT_CA_PATH": "/a"], "client_ca_path: needs tls_cert_path"),
            (["PULSAR_STORAGE_BACKEND": "valkey", "PULSAR_VALKEY_USERNAME": "ada"], "has no valkey_password"),
            (["PULSAR_STORAGE_BACKEND": "valkey", "PULSAR_VALKEY_CA_PATH": "/ca.pem"], "valkey_use_tls: true"),
            (
                [
                    "PULSAR_STORAGE_BACKEND": "valkey", "PULSAR_VALKEY_CLUSTER_NODES": "a:6379,[::1]:6380",
                    "PULSAR_VALKEY_DB": "1",
                ], "a cluster has no other"
            ),
            (["PULSAR_STORAGE_DURABILITY": "replicated"], "sqlite can't give replicated"),
            (["PULSAR_STORAGE_BACKEND": "memory", "PULSAR_STORAGE_DURABILITY": "replicated"], "can't give replicated"),
            (["PULSAR_STORAGE_BACKEND": "memory", "PULSAR_STORAGE_DURABILITY": "synced"], "can't give synced"),
            (["PULSAR_HOT_TIER_MAX_BYTES": "1KiB"], "hot_tier_max_bytes_per_topic: "),
            (["PULSAR_TRUST_FORWARDED_FOR": "true"], "name the proxies"),
            (["PULSAR_ARGON2_MEMORY_KIB": "8", "PULSAR_ARGON2_PARALLELISM": "2"], "8 KiB for each lane"),
        ]
    )
    func rules(_ environment: [String: String], _ part: String) throws {
        #expect(try Self.failure(environment: environment).contains(part))
    }

    @Test(
        "A durability that the store has is taken as it is, and stored is taken everywhere",
        arguments: [
            ("sqlite", "memory"), ("sqlite", "stored"), ("sqlite", "synced"), ("memory", "memory"),
            ("memory", "stored"), ("valkey", "memory"), ("valkey", "replicated"), ("valkey", "synced"),
        ]
    )
    func durability(_ backend: String, _ durability: String) throws {
        let loaded = try Self.load(
            environment: ["PULSAR_STORAGE_BACKEND": backend, "PULSAR_STORAGE_DURABILITY": durability]
        )
        #expect(loaded.configuration.storage.durability.rawValue == durability)
        #expect(loaded.warnings.isEmpty)
    }

    @Test("Proxies that are not trusted are a warning")
    func uselessProxies() throws {
        let loaded = try Self.load(environment: ["PULSAR_TRUSTED_PROXIES": "10.0.0.0/8"])
        #expect(loaded.warnings.map(\.key) == ["trusted_proxies"])
    }
}

extension EffectiveConfiguration {
    fileprivate var port: Int { self.configuration.server.port }
}

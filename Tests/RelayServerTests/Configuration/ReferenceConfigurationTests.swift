import Testing

@testable import RelayServer

/// The ways in which the session service is told what to do.
@Suite("Configuration as the session service takes it")
struct ReferenceConfigurationTests {
    private typealias Loader = ConfigurationLoaderTests

    private static func failure(
        flags: [String: String] = [:],
        environment: [String: String] = [:],
        files: [String: String] = [:]
    ) throws -> String {
        try #require(throws: ConfigurationFailure.self) {
            try Loader.load(flags: flags, environment: environment, files: files)
        }.description
    }

    // MARK: http_bind

    @Test(
        "One text says host and port",
        arguments: [
            ("0.0.0.0:8081", "0.0.0.0", 8_081), ("[::]:8081", "::", 8_081), ("[2001:db8::1]:1", "2001:db8::1", 1),
            ("relay.example.org:0", "relay.example.org", 0),
        ]
    )
    func bind(_ text: String, _ host: String, _ port: Int) throws {
        for loaded in [
            try Loader.load(flags: ["http_bind": text]),
            try Loader.load(environment: ["PULSAR_HTTP_BIND": text]),
            try Loader.load(files: ["./config.toml": "http_bind = '\(text)'"]),
            try Loader.load(files: ["./config.yaml": "server:\n  http_bind: '\(text)'"]),
        ] {
            #expect(loaded.configuration.server.host == host)
            #expect(loaded.configuration.server.port == port)
            #expect(Set(loaded.origins.keys) == ["host", "port"] && loaded.warnings.isEmpty)
        }
    }

    @Test(
        "What is no address with a port is refused",
        arguments: [
            "8080", "127.0.0.1", ":8080", "::1:8080", "[::1]", "a b:80", "x:70000", "x:", "x:-1", "x:http", "/:1",
        ]
    )
    func noBind(_ text: String) throws {
        let failure = try Self.failure(environment: ["PULSAR_HTTP_BIND": text])
        #expect(failure.contains("is refused, it must be an") && failure.contains("environment PULSAR_HTTP_BIND"))
    }

    @Test(
        "It may stand beside host and port that say the same, and no others",
        arguments: [
            (["PULSAR_HOST": "0.0.0.0"], nil), (["PULSAR_PORT": "8081"], nil),
            (
                ["PULSAR_HOST": "::"],
                "http_bind: sets host as well, to another value than host (environment PULSAR_HOST)"
            ),
            (
                ["PULSAR_SERVER__HTTP_PORT": "8080"],
                "server.http_port: sets port as well, to another value than http_bind (environment PULSAR_HTTP_BIND)"
            ),
        ] as [([String: String], String?)]
    )
    func conflict(_ others: [String: String], _ problem: String?) throws {
        let environment = others.merging(["PULSAR_HTTP_BIND": "0.0.0.0:8081"]) { $1 }
        guard let problem else {
            let loaded = try Loader.load(environment: environment)
            #expect(loaded.configuration.server.host == "0.0.0.0" && loaded.configuration.server.port == 8_081)
            return
        }
        #expect(try Self.failure(environment: environment).contains(problem))
    }

    @Test("A stronger source wins over it, as over host and port")
    func bindPrecedence() throws {
        let loaded = try Loader.load(
            flags: ["port": "1"],
            environment: ["PULSAR_HTTP_BIND": "10.0.0.1:2"],
            files: ["./config.yaml": "host: 10.0.0.3\nport: 3"]
        )
        #expect(loaded.configuration.server.host == "10.0.0.1" && loaded.configuration.server.port == 1)
    }

    // MARK: The file

    @Test(
        "A file without a known ending is JSON if it begins like it, else TOML",
        arguments: [
            ("relay.conf", "{\"port\": 81}"), ("relay.conf", " \n {\n\t\"port\": 81\n}\n"), ("relay.conf", "port = 81"),
            ("/etc/pulsar.d/relay", "# mine\n[server]\nport = 81\n"), ("relay", "http_bind = '127.0.0.1:81'"),
        ]
    )
    func unknownEnding(_ path: String, _ text: String) throws {
        for loaded in [
            try Loader.load(flags: ["config": path], files: [path: text]),
            try Loader.load(environment: ["PULSAR_CONFIG": path], files: [path: text]),
            try Loader.load(environment: ["PULSAR_CONFIG_FILE": path], files: [path: text]),
            try Loader.load(files: [path: text, ".env": "PULSAR_CONFIG=\(path)"]),
        ] {
            #expect(loaded.configuration.server.port == 81 && loaded.file == path)
        }
    }

    @Test("Two names of the file that differ are a problem; a stronger source's counts")
    func twoFiles() throws {
        let files = ["a.toml": "port = 1", "b.toml": "port = 2"]
        let both = ["PULSAR_CONFIG": "a.toml", "PULSAR_CONFIG_FILE": "b.toml"]
        #expect(
            try Self.failure(environment: both, files: files).contains("config_file: names another file than config")
        )
        let loaded = try Loader.load(
            flags: ["config": "a.toml"],
            environment: ["PULSAR_CONFIG": "b.toml"],
            files: files
        )
        #expect(loaded.configuration.server.port == 1)
        #expect(try Self.failure(environment: ["PULSAR_CONFIG": "c"]).contains("config: there is no file c"))
        #expect(try Self.failure(files: ["./config.toml": "config = 'a.toml'"]).contains("config: no such key"))
    }

    @Test(
        "Times may be objects of seconds and nanoseconds",
        arguments: [
            ("a.json", #"{"read_timeout": {"secs": 5, "nanos": 0}}"#, 5_000),
            ("a.json", #"{"server": {"read_timeout": {"secs": 5}}}"#, 5_000),
            ("a.json", #"{"read_timeout": {"nanos": 250000000, "secs": 1}}"#, 1_250),
            ("a.toml", "[read_timeout]\nsecs = 5\nnanos = 1000000", 5_001),
            ("a.toml", "read_timeout = { secs = 3600, nanos = 0 }", 3_600_000),
            ("a.yaml", "read_timeout:\n  secs: 5\n  nanos: 0\n", 5_000),
        ]
    )
    func timeObjects(_ path: String, _ text: String, _ milliseconds: Int64) throws {
        let loaded = try Loader.load(flags: ["config": path], files: [path: text])
        #expect(loaded.configuration.server.readTimeout == .milliseconds(milliseconds))
        let again = try Loader.load(files: ["./config.yaml": loaded.render()])
        #expect(again.configuration == loaded.configuration)
    }

    @Test("An object of minutes' own key is in seconds still")
    func timeObjectsOfOtherUnits() throws {
        let text = #"{"access_token_expire_minutes": {"secs": 600, "nanos": 0}}"#
        let loaded = try Loader.load(flags: ["config": "a.json"], files: ["a.json": text])
        #expect(loaded.configuration.access.accessTokenLifetime == .seconds(600))
    }

    @Test(
        "An object that is no time, or is where none is asked for, is a problem",
        arguments: [
            #"{"read_timeout": {"secs": -1}}"#, #"{"read_timeout": {"secs": 1.5}}"#,
            #"{"read_timeout": {"secs": "x"}}"#,
            #"{"read_timeout": {"secs": 1, "nanos": 1000000000}}"#, #"{"read_timeout": {"secs": 1, "nanos": 1}}"#,
            #"{"read_timeout": {"secs": 99999999999999}}"#, #"{"read_timeout": {"secs": 1, "millis": 1}}"#,
            #"{"read_timeout": {"secs": 7200, "nanos": 0}}"#, #"{"port": {"secs": 81}}"#, #"{"data_dir": {"secs": 1}}"#,
            #"{"allowed_origins": {"nanos": 1}}"#, #"{"server": {"secs": 1}}"#, #"{"read_timeout": {"secs": [1]}}"#,
        ]
    )
    func noTimeObjects(_ text: String) throws {
        _ = try Self.failure(flags: ["config": "a.json"], files: ["a.json": text])
    }

    // MARK: Secrets

    @Test(
        "A secret may be in a file that its key names with _file behind it",
        arguments: ["a secret of a file", "a secret of a file\n", "a secret of a file\r\n\n"]
    )
    func secretFiles(_ text: String) throws {
        for name in ["PULSAR_JWT_SECRET_KEY_FILE", "PULSAR_JWT_SECRET_FILE", "PULSAR_AUTH__JWT_SECRET_FILE"] {
            let loaded = try Loader.load(
                environment: [name: "/run/secrets/jwt"],
                files: ["/run/secrets/jwt": text, "./config.yaml": "jwt_secret: another\nport: 2"]
            )
            #expect(loaded.configuration.access.jwtSecret == Secret("a secret of a file"))
            #expect(loaded.origins["jwt_secret_key"]?.place == "environment \(name): /run/secrets/jwt")
            #expect(loaded.warnings.isEmpty && !loaded.render().contains("of a file"))
        }
        let files = ["p": text, "./config.toml": "valkey_password_file = 'p'\nbootstrap_admin_password_file = 'p'"]
        let loaded = try Loader.load(files: files)
        #expect(loaded.configuration.valkey.password == Secret("a secret of a file"))
        #expect(loaded.configuration.access.bootstrapAdminPassword == Secret("a secret of a file"))
    }

    @Test("A file for a secret that is missing, empty or named twice is a problem, and shows nothing of secrets")
    func badSecretFiles() throws {
        let files = ["empty": "\n", "short": "hunter2", "long": "hunter2-hunter2"]
        for (environment, part) in [
            (["PULSAR_JWT_SECRET_FILE": "none"], "jwt_secret_file: there is no file none"),
            (["PULSAR_JWT_SECRET_FILE": "empty"], "jwt_secret_file: the file empty is empty"),
            (["PULSAR_BOOTSTRAP_ADMIN_PASSWORD_FILE": "short"], "bootstrap_admin_password: ******** is refused"),
            (
                ["PULSAR_JWT_SECRET_KEY": "hunter2", "PULSAR_JWT_SECRET_KEY_FILE": "long"],
                "set before with another value (environment PULSAR_JWT_SECRET_KEY)"
            ),
            (["PULSAR_PORT_FILE": "long"], "port_file: no such key"),
        ] {
            let text = try Self.failure(environment: environment, files: files)
            #expect(text.contains(part) && !text.contains("hunter2"), "\(text)")
        }
        #expect(try Loader.load(environment: ["PULSAR_JWT_SECRET_FILE": ""]).origins.isEmpty)
    }

    @Test("A secret on the command line is taken, with a warning that others see it")
    func secretFlag() throws {
        let loaded = try Loader.load(flags: ["jwt_secret": "hunter2"])
        #expect(loaded.configuration.access.jwtSecret == Secret("hunter2"))
        #expect(loaded.warnings.map(\.key) == ["jwt_secret"])
        let text = loaded.warnings.description
        #expect(text.contains("set jwt_secret_key_file") && !text.contains("hunter2"))
        #expect(try Loader.load(flags: ["jwt_secret_file": "f"], files: ["f": "x"]).warnings.isEmpty)
    }

    // MARK: Without effect

    @Test(
        "Keys of what is not there are read, and warned of",
        arguments: [
            "DATABASE_URL", "STORAGE_DIR", "S3_BUCKET", "S3_REGION",
            "P2P_ALLOW_INSECURE", "NAT_PROBE_TIMEOUT",
        ]
    )
    func dormant(_ name: String) throws {
        let loaded = try Loader.load(environment: ["PULSAR_\(name)": "hunter2"])
        #expect(loaded.configuration == RelayConfiguration())
        #expect(loaded.warnings.map(\.key) == [name.lowercased()])
        #expect(loaded.warnings.description.contains("has no effect: "))
        #expect(!loaded.warnings.description.contains("hunter2"))
    }
}

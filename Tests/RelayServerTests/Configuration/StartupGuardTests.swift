import Testing

@testable import RelayServer

@Suite struct StartupGuardTests {
    private static let goodSecret = Secret(String(repeating: "k", count: 32))

    private static func configuration(_ change: (inout RelayConfiguration) -> Void) -> RelayConfiguration {
        var configuration = RelayConfiguration()
        configuration.server.allowedOrigins = ["https://a"]
        configuration.server.trustedHosts = ["a"]
        configuration.access.jwtSecret = Self.goodSecret
        change(&configuration)
        return configuration
    }

    private static func findings(_ change: (inout RelayConfiguration) -> Void) -> [String] {
        StartupGuard.check(Self.configuration(change)).map { "\($0.severity) \($0.key ?? "")" }
    }

    @Test("A configuration that leaves nothing open has no findings")
    func nothing() {
        #expect(Self.findings { _ in } == [])
    }

    @Test("The published placeholder never signs anything", arguments: [false, true])
    func placeholder(_ allowsInsecure: Bool) {
        let published = "your-secret-key-here-change-in-production"
        for secret in [published, " \(published)\n"] {
            let findings = Self.findings {
                $0.access.jwtSecret = Secret(secret)
                $0.access.allowInsecureDefaults = allowsInsecure
            }
            #expect(findings == ["error jwt_secret_key"])
        }
    }

    @Test("A secret of fewer than 32 characters stops the start unless insecure defaults are allowed")
    func shortSecret() {
        let short = Secret(String(repeating: "k", count: 31))
        #expect(Self.findings { $0.access.jwtSecret = short } == ["error jwt_secret_key"])
        let allowed = Self.findings {
            $0.access.jwtSecret = short
            $0.access.allowInsecureDefaults = true
        }
        #expect(allowed == ["warning jwt_secret_key"])
    }

    @Test("A start with defaults warns of nothing: only this machine can reach it")
    func defaults() {
        #expect(StartupGuard.check(RelayConfiguration()).isEmpty)
    }

    @Test("Where others can reach the relay, an open list of hosts is a warning, which comes after errors")
    func openHosts() {
        let findings = Self.findings {
            $0.server.host = "0.0.0.0"
            $0.server.allowedOrigins = []
            $0.server.trustedHosts = []
            $0.access.jwtSecret = Secret("short")
        }
        #expect(findings == ["error jwt_secret_key", "warning trusted_hosts"])
    }

    @Test(
        "A Valkey without a password is fine on this machine, and elsewhere only where insecure defaults are allowed",
        arguments: [
            ("localhost", false, []), ("10.0.0.1", false, ["error valkey_password"]),
            ("10.0.0.1", true, ["warning valkey_password"]),
        ]
    )
    func valkeyPassword(_ host: String, _ allowsInsecure: Bool, _ expected: [String]) {
        let findings = Self.findings {
            $0.storage.backend = .valkey
            $0.valkey.host = host
            $0.access.allowInsecureDefaults = allowsInsecure
        }
        #expect(findings == expected)
    }

    @Test("With sqlite and no secret, one is kept in the data directory")
    func sqliteSecret() {
        let configuration = Self.configuration {
            $0.access.jwtSecret = nil
            $0.storage.dataDirectory = "/srv/relay"
        }
        #expect(StartupGuard.secretPlan(configuration) == .file(path: "/srv/relay/jwt-secret"))
        #expect(StartupGuard.check(configuration).isEmpty)
    }

    @Test(
        "With the memory store and no secret, a random one serves this machine only",
        arguments: [
            ("127.0.0.1", true), ("localhost", true), ("LOCALHOST", true), ("::1", true), ("127.8.9.1", true),
            ("0.0.0.0", false), ("::", false), ("relay.example.org", false), ("10.0.0.1", false),
        ]
    )
    func memorySecret(_ host: String, _ isRandom: Bool) {
        let change: (inout RelayConfiguration) -> Void = {
            $0.access.jwtSecret = nil
            $0.storage.backend = .memory
            $0.server.host = host
        }
        #expect(StartupGuard.secretPlan(Self.configuration(change)) == (isRandom ? .random : .missing))
        #expect(Self.findings(change).contains("error jwt_secret_key") == !isRandom)
    }

    @Test("No finding shows a secret")
    func secrets() {
        let configuration = Self.configuration { $0.access.jwtSecret = Secret("hunter2") }
        #expect(!StartupGuard.check(configuration).description.contains("hunter2"))
    }
}

import Foundation
import ProgramFixture
import Testing

/// TLS at the relay's own port, as clients that others wrote find it.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct TLSTests {
    @Test(
        "What clients do without TLS they do with it",
        arguments: [
            "curl.py", "client_publish.py", "socket_handshake.py", "socket_resume.py",
            "socket_revoked.py", "session_commands.py", "tunnel_commands.py", "documents_pycrdt.py",
        ]
    )
    func scripts(_ script: String) async throws {
        try await Self.underOwnCertificate { scenario, settings in
            let relay = try await RelayUnderTest.start(settings, in: scenario.folder)
            try await scenario.run(script, against: relay)
            try await relay.stop()
        }
    }

    @Test("A browser does over TLS what it does without")
    func browser() async throws {
        let port = try await freePort()
        try await Self.underOwnCertificate { scenario, settings in
            var scenario = scenario
            scenario.environment["ALLOWED_PORT"] = String(port)
            scenario.environment["CHROMIUM_FLAGS"] = "--ignore-certificate-errors"
            let origins = ["ALLOWED_ORIGINS": "[\"http://127.0.0.1:\(port)\"]"]
            let relay = try await RelayUnderTest.start(settings.merging(origins) { $1 }, in: scenario.folder)
            try await scenario.run("browser.py", against: relay)
            try await relay.stop()
        }
    }

    @Test("A certificate is replaced under an open WebSocket, and what is none is not taken")
    func replaced() async throws {
        try await Self.underMadeCertificates { scenario, settings in
            let relay = try await RelayUnderTest.start(settings, in: scenario.folder)
            try await scenario.run("tls_replaced.py", against: relay)
            try await relay.stop()
        }
    }

    @Test("Where clients need a certificate, none, a wrong one and one that has expired are not let in")
    func clientCertificates() async throws {
        try await Self.underMadeCertificates { scenario, settings in
            let authority = ["CLIENT_CA_PATH": scenario.folder.appending(path: "clients.pem").path()]
            var scenario = scenario
            scenario.environment["RELAY_PROGRAM"] = Installation.relay.path()
            let relay = try await RelayUnderTest.start(settings.merging(authority) { $1 }, in: scenario.folder)
            try await scenario.run("tls_clients.py", against: relay)
            try await relay.stop()
        }
    }

    @Test("Where there can be no TLS every command says why, at once")
    func commands() async throws {
        try await Scenario.inFolder { scenario in
            var scenario = scenario
            scenario.environment["RELAY_PROGRAM"] = Installation.relay.path()
            try await scenario.run("tls_commands.py")
        }
    }

    @Test("Two relays reach each other over TLS")
    func nodes() async throws {
        try await Self.underMadeCertificates { scenario, _ in
            var scenario = scenario
            scenario.environment["RELAY_PROGRAM"] = Installation.relay.path()
            try await scenario.run("tls_nodes.py")
        }
    }

    @Test("A relay whose certificate is of no use does not start, and says why")
    func useless() async throws {
        try await Scenario.inFolder { scenario in
            let certificate = scenario.folder.appending(path: "relay.crt")
            try Data("no certificate".utf8).write(to: certificate)
            let log = scenario.folder.appending(path: "relay.log")
            let process = try ChildProcess(
                Installation.relay,
                ["serve", "--tls-cert", certificate.path(), "--tls-key", certificate.path(), "--port", "0"],
                environment: Installation.environment,
                directory: scenario.folder,
                log: log
            )
            #expect(try await process.exit(within: .seconds(20)) == .code(1))
            #expect(process.lastWords.contains("relay.crt holds no certificate in PEM"), "\(process.lastWords)")
        }
    }

    /// With a certificate that the relay makes for itself, and that every client is told to trust.
    private static func underOwnCertificate(
        _ body: (_ scenario: Scenario, _ settings: [String: String]) async throws -> Void
    ) async throws {
        try await Scenario.inFolder { scenario in
            var scenario = scenario
            scenario.environment["RELAY_PROGRAM"] = Installation.relay.path()
            scenario.trust(scenario.folder.appending(path: "data/tls-self-signed.crt"))
            try await body(scenario, ["TLS_SELF_SIGNED": "true"])
        }
    }

    /// With a certificate of an authority that the scripts have, and can make more of.
    private static func underMadeCertificates(
        _ body: (_ scenario: Scenario, _ settings: [String: String]) async throws -> Void
    ) async throws {
        try await Scenario.inFolder { scenario in
            var scenario = scenario
            scenario.trust(scenario.folder.appending(path: "authority.pem"))
            try await scenario.run("tls_certificates.py")
            try await body(
                scenario,
                [
                    "TLS_CERT": scenario.folder.appending(path: "relay.crt").path(),
                    "TLS_KEY": scenario.folder.appending(path: "relay.key").path(),
                ]
            )
        }
    }
}

extension Scenario {
    /// Has the scripts and what they start trust the certificates of a file: Python's clients, curl, Node, and the relay's own commands.
    mutating func trust(_ file: URL) {
        for name in ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "PULSAR_RELAY_CA"]
        {
            self.environment[name] = file.path()
        }
    }
}

import RelayWire
import Testing

@testable import RelayServer

@Suite("What a start tells the person at the terminal")
struct StartTextTests {
    private static func text(_ change: (inout RelayConfiguration) -> Void = { _ in }) -> StartText {
        var configuration = RelayConfiguration()
        change(&configuration)
        return StartText(configuration, version: "1.2.3", port: 40_001, workingDirectory: "/srv/relay")
    }

    @Test("It names the version, the port in truth, the data's place and the way to log in")
    func defaults() {
        let text = Self.text { $0.server.port = 0 }
        #expect(
            text.description == """
                Pulsar Relay 1.2.3 listens on http://127.0.0.1:40001
                Data:   /srv/relay/data (sqlite)
                Log in: pulsar-relay login --url http://127.0.0.1:40001 --username admin
                Look:   http://127.0.0.1:40001/console
                """
        )
        let without = Self.text { $0.server.console = false }
        #expect(without.console == nil && !without.description.contains("Look:"))
    }

    @Test(
        "A relay on all addresses is reached by the loopback address, and IPv6 addresses are in brackets",
        arguments: [
            ("0.0.0.0", "http://0.0.0.0:40001", "http://127.0.0.1:40001"),
            ("::", "http://[::]:40001", "http://[::1]:40001"),
            ("::1", "http://[::1]:40001", "http://[::1]:40001"),
            ("relay.lan", "http://relay.lan:40001", "http://relay.lan:40001"),
        ]
    )
    func addresses(_ host: String, _ listening: String, _ login: String) {
        let text = Self.text { $0.server.host = host }
        #expect(text.listening == "Pulsar Relay 1.2.3 listens on \(listening)")
        #expect(text.login == "pulsar-relay login --url \(login) --username admin")
    }

    @Test("With TLS it has https URLs and the certificate's digest, and names the relay's own certificate to trust")
    func certificate() {
        func text(_ ownFile: String?, isSelfSigned: Bool) -> StartText {
            let facts = CertificateFacts(
                fingerprint: "3f00",
                notBefore: Timestamp(microseconds: 0),
                notAfter: Timestamp(microseconds: 1),
                ownFile: ownFile,
                isSelfSigned: isSelfSigned
            )
            return StartText(
                RelayConfiguration(),
                version: "1.2.3",
                port: 40_001,
                certificate: facts,
                workingDirectory: "/srv/relay"
            )
        }
        #expect(
            text("./data/own.crt", isSelfSigned: true).description == """
                Pulsar Relay 1.2.3 listens on https://127.0.0.1:40001
                Data:   /srv/relay/data (sqlite)
                Log in: pulsar-relay login --url https://127.0.0.1:40001 --ca /srv/relay/data/own.crt --username admin
                Look:   https://127.0.0.1:40001/console
                TLS:    certificate SHA-256 3f00, made by the relay
                """
        )
        let others = text(nil, isSelfSigned: false)
        #expect(others.login == "pulsar-relay login --url https://127.0.0.1:40001 --username admin")
        #expect(others.certificate == "SHA-256 3f00")
    }

    @Test("The data's place follows the backend")
    func data() {
        #expect(Self.text { $0.storage.dataDirectory = "/var/lib/relay" }.data == "/var/lib/relay (sqlite)")
        #expect(Self.text { $0.storage.backend = .memory }.data == "in memory, gone when the relay stops")
        #expect(Self.text { $0.storage.backend = .valkey }.data == "Valkey at localhost:6379")
        let cluster = Self.text {
            $0.storage.backend = .valkey
            $0.valkey.clusterNodes = [.init(host: "a", port: 1), .init(host: "b", port: 2)]
        }
        #expect(cluster.data == "Valkey cluster of a:1, b:2")
    }
}

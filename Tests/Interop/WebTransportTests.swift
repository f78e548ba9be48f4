import Foundation
import ProgramFixture
import RelayQUIC
import Testing

/// HTTP/3 and WebTransport, as clients that others wrote speak them.
@Suite("HTTP/3 and WebTransport", .serialized, .timeLimit(.minutes(5)), .enabled(if: QUICLibrary.absence == nil))
struct WebTransportTests {
    /// - Parameter stops: whether the script itself stops the relay, which has to exit with 0 then.
    private static func run(_ script: String, _ settings: [String: String] = [:], stops: Bool = false) async throws {
        try await Scenario.inFolder { scenario in
            var scenario = scenario
            let port = String(try await freePort())
            scenario.environment = ["QUIC_PORT": port]
            let own = ["QUIC_BIND": "127.0.0.1:\(port)"].merging(settings) { $1 }
            let relay = try await RelayUnderTest.start(own, in: scenario.folder)
            try await scenario.run(script, against: relay)
            guard stops else { return try await relay.stop() }
            #expect(try await relay.process.exit(within: .seconds(30)) == .code(0))
        }
    }

    @Test("Requests over HTTP/3, and sessions with their streams and datagrams, beside readers of the same topics")
    func aioquic() async throws {
        try await Self.run("webtransport.py")
    }

    @Test("Clients that behave badly end themselves, slow ones get all, and a relay that stops says so")
    func hostile() async throws {
        try await Self.run("webtransport_hostile.py", stops: true)
    }

    @Test("A port of QUIC without HTTP/3 refuses it")
    func off() async throws {
        try await Self.run("http3_off.py", ["HTTP3_ENABLED": "false"])
    }

    @Test("The browsers' client chooses WebTransport, and loses nothing where the network swallows its packets")
    func chosen() async throws {
        try await Self.run("client_webtransport.js")
    }

    @Test("A page in Chromium that knows the certificate's digest alone subscribes and publishes")
    func chromium() async throws {
        try await Self.run("webtransport_chromium.py", ["ALLOWED_ORIGINS": "[\"*\"]"])
    }
}

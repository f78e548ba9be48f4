import Foundation
import ProgramFixture
import RelayQUIC
import Testing

/// The QUIC relay with aioquic.
@Suite("The QUIC relay", .serialized, .timeLimit(.minutes(5)), .enabled(if: QUICLibrary.absence == nil))
struct QUICRelayTests {
    /// Runs a script against a relay with a QUIC port.
    ///
    /// - Parameter stops: whether the script itself stops the relay, which has to exit with 0 then.
    private static func run(_ script: String, _ settings: [String: String] = [:], stops: Bool = false) async throws {
        try await Scenario.inFolder { scenario in
            var scenario = scenario
            let port = String(try await freePort())
            scenario.environment = ["QUIC_PORT": port, "LIMIT": settings["RELAY_BANDWIDTH_LIMIT"] ?? "0"]
            let own = ["QUIC_BIND": "127.0.0.1:\(port)"].merging(settings) { $1 }
            let relay = try await RelayUnderTest.start(own, in: scenario.folder)
            try await scenario.run(script, against: relay)
            guard stops else { return try await relay.stop() }
            #expect(try await relay.process.exit(within: .seconds(30)) == .code(0))
        }
    }

    @Test("Peers get in by their tickets, and have tunnels, streams and datagrams; all else is refused by its code")
    func relay() async throws {
        try await Self.run("quic_relay.py", ["RELAY_BANDWIDTH_LIMIT": "0"])
    }

    @Test("A session's bandwidth holds for all streams together, and a slow reader holds up nobody else")
    func bandwidth() async throws {
        try await Self.run("quic_bandwidth.py", ["RELAY_BANDWIDTH_LIMIT": String(2 << 20)])
    }

    @Test("Clients that behave badly end themselves, and leave nothing behind")
    func hostile() async throws {
        try await Self.run("quic_hostile.py", ["RELAY_BANDWIDTH_LIMIT": "0"])
    }

    @Test("A relay that stops says so, lets its clients finish, and exits in an orderly way")
    func stop() async throws {
        try await Self.run("quic_stop.py", stops: true)
    }
}

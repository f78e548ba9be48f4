import Foundation
import ProgramFixture
import RelayQUIC
import Testing
import ValkeyFixture

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

    @Test("Clients that break the rules of the transport, of HTTP/3 or of the port end themselves alone")
    func violations() async throws {
        try await Self.run("quic_violations.py")
    }

    @Test("A relay that stops says so, lets its clients finish, and exits in an orderly way")
    func stop() async throws {
        let settings = ["SHUTDOWN_GRACE_SECONDS": "6", "SHUTDOWN_SPREAD_SECONDS": "0"]
        try await Self.run("quic_stop.py", settings, stops: true)
    }

    @Test("Peers that come to two relays have tunnels as at one, with credit from end to end")
    func nodes() async throws {
        try await ValkeyServerProcess.with { valkey in
            try await Scenario.inFolder { scenario in
                let (first, port) = try await Self.node(of: valkey, in: scenario.folder.appending(path: "first"))
                let (second, otherPort) = try await Self.node(of: valkey, in: scenario.folder.appending(path: "second"))
                var scenario = scenario
                scenario.environment = [
                    "QUIC_PORT": port, "OTHER_QUIC_PORT": otherPort, "OTHER_URL": second.url,
                    "OTHER_PID": String(second.process.id),
                ]
                try await scenario.run("quic_nodes.py", against: first)
                try await first.stop()
                // The script has killed it, where it came so far.
                second.process.signal(SIGKILL)
                _ = try await second.process.exit(within: .seconds(10))
            }
        }
    }

    /// A relay that shares a store with others, and that these reach.
    private static func node(
        of valkey: ValkeyServerProcess,
        in folder: URL
    ) async throws -> (relay: RelayUnderTest, quicPort: String) {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let (port, quicPort) = (try await freePort(), String(try await freePort()))
        let settings = [
            "STORAGE_BACKEND": "valkey", "VALKEY_HOST": "127.0.0.1", "VALKEY_PORT": String(valkey.port),
            "NODE_URL": "http://127.0.0.1:\(port)", "QUIC_BIND": "127.0.0.1:\(quicPort)", "RELAY_BANDWIDTH_LIMIT": "0",
        ]
        return (try await RelayUnderTest.start(settings, on: port, in: folder), quicPort)
    }
}

import Foundation
import ProgramFixture
import Testing

/// `pulsar-relay session` and `pulsar-relay tunnel`, as two people at two machines use them.
@Suite("The session and tunnel commands", .timeLimit(.minutes(5)))
struct TunnelCommandTests {
    private static let program = ["RELAY_PROGRAM": Installation.relay.path()]
    /// A tunnel is slower than what it is held to by default.
    private static let settings = ["RELAY_BANDWIDTH_LIMIT": "0"]

    @Test("git, curl, sockets and pipes work across a tunnel: both ways, many at once, half-closed, held up, cut")
    func programs() async throws {
        try await Scenario.run("tunnel_commands.py", settings: Self.settings, environment: Self.program)
    }

    @Test("ssh and scp work across a tunnel: a command, pipes, 20 MiB each way, and as ssh's ProxyCommand")
    func secureShell() async throws {
        try await Scenario.run("tunnel_ssh.py", settings: Self.settings, environment: Self.program)
    }

    @Test("A relay that is killed and started again in the middle of a transfer loses nothing of it")
    func restart() async throws {
        try await Scenario.inFolder { scenario in
            var scenario = scenario
            scenario.environment = Self.program
            let relay = try await RelayUnderTest.start(Self.settings, in: scenario.folder)
            try await scenario.run("tunnel_restart.py", against: relay)
            #expect(try await relay.process.exit(within: .seconds(10)) == .signal(SIGKILL))
        }
    }

    @Test("sessions are made, joined, and watched from the command line")
    func sessions() async throws {
        try await Scenario.run("session_commands.py", environment: Self.program)
    }
}

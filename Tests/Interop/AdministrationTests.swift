import Foundation
import ProgramFixture
import Testing

/// The command line of those who run a relay.
@Suite("Commands of administrators", .serialized, .timeLimit(.minutes(10)))
struct AdministrationTests {
    private static let program = ["RELAY_PROGRAM": Installation.relay.path()]

    @Test("a running relay is backed up and restored; a store moves to Valkey and back, killed in the middle of it")
    func stores() async throws {
        try await Scenario.inFolder { try await $0.run("store_commands.py") }
    }

    @Test("users, topics, sign-ins and what else an administrator sees are managed from anywhere")
    func administration() async throws {
        try await Scenario.run("administration.py", environment: Self.program)
    }

    @Test("top shows a relay in a terminal of 80 columns, and leaves the terminal as it was, however it ends")
    func top() async throws {
        try await Scenario.run("top.py", settings: ["METRICS_PER_TOPIC": "true"], environment: Self.program)
    }

    @Test("top asks for the token that a relay wants for its metrics")
    func metricsToken() async throws {
        let settings = ["METRICS_TOKEN": "a token for metrics"]
        try await Scenario.run("top_token.py", settings: settings, environment: Self.program)
    }
}

import Foundation
import ProgramFixture
import Testing

/// The client for browsers and Node that the program serves, against the program as built: in Node behind a front that does what networks do, and
/// in Chromium.
@Suite("The client for browsers and Node", .serialized, .timeLimit(.minutes(10)))
struct BrowserClientTests {
    @Test("What decides in it does so without a relay")
    func units() async throws {
        try await Scenario.inFolder { try await $0.run("client_units.js") }
    }

    @Test("Its types are those of the module")
    func types() async throws {
        try await Scenario.run("client_types.js")
    }

    @Test("It logs in, publishes once whatever replies are lost, turns pages, and says what was refused")
    func requests() async throws {
        try await Scenario.run("client_requests.js")
    }

    @Test(
        "Subscriptions begin where they are told, tell of gaps, wait for who is slow, and end with a reason, by each transport"
    )
    func reading() async throws {
        try await Scenario.run("client_reading.js", settings: ["MAX_MESSAGES_PER_TOPIC": "5"])
    }

    @Test("While networks forbid one transport after another, each message comes once and in order")
    func transports() async throws {
        try await Scenario.run("client_transports.js")
    }

    @Test("While the relay is killed, stopped and started, each message comes once and in order")
    func restarted() async throws {
        try await Scenario.run("client_restarted.js", environment: ["RELAY_PROGRAM": Installation.relay.path()])
    }

    @Test("Tokens that end in mid-subscription cost no message, and end the subscription where there is no other")
    func tokens() async throws {
        try await Scenario.run("client_tokens.js", environment: ["RELAY_SECRET": RelayUnderTest.secret])
    }

    @Test("Tabs of Chromium renew a login once between them, and read where WebSockets are forbidden")
    func tabs() async throws {
        try await Scenario.run("client_tabs.js")
    }
}

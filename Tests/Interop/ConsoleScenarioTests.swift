import Foundation
import ProgramFixture
import Testing

/// The console in Chromium, against the program as built.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct ConsoleScenarioTests {
    @Test("Somebody signs in, follows a topic and scrolls back, grants, administers users, and revokes sign-ins")
    func work() async throws {
        try await Scenario.run("console.js")
    }

    @Test("What others wrote is shown as text, and pages of other origins get nothing")
    func hostile() async throws {
        try await Scenario.run("console_hostile.js")
    }

    @Test("Service tokens are made, used and revoked; a password is changed; another device lets a window in")
    func tokens() async throws {
        try await Scenario.run("console_tokens.js")
    }

    @Test("A document is edited with others who use Yjs, and readers only read")
    func documents() async throws {
        try await Scenario.run("console_documents.js")
    }

    @Test("Administrators see all topics, sessions, nodes, connections and acts, and the configuration")
    func administration() async throws {
        try await Scenario.run("console_admin.js")
    }

    @Test("Two relays that share a store show each other")
    func nodes() async throws {
        try await Scenario.inFolder { scenario in
            var scenario = scenario
            let stage = try await ExampleStage.several(in: scenario.folder)
            scenario.environment["RELAY_URL"] = "http://127.0.0.1:\(stage.ports[0])"
            scenario.environment["OTHER_URL"] = "http://127.0.0.1:\(stage.ports[1])"
            scenario.environment["RELAY_USERNAME"] = RelayUnderTest.username
            scenario.environment["RELAY_PASSWORD"] = stage.password
            do {
                try await scenario.run("console_admin.js")
            } catch {
                try await stage.stop()
                throw error
            }
            try await stage.stop()
        }
    }

    @Test("Over TLS the console does what it does without", arguments: ["console.js", "console_documents.js"])
    func encrypted(script: String) async throws {
        try await Scenario.inFolder { scenario in
            var scenario = scenario
            let certificate = scenario.folder.appending(path: "data/tls-self-signed.crt").path()
            scenario.environment["NODE_EXTRA_CA_CERTS"] = certificate
            scenario.environment["CHROMIUM_FLAGS"] = "--ignore-certificate-errors"
            let relay = try await RelayUnderTest.start(["TLS_SELF_SIGNED": "true"], in: scenario.folder)
            try await scenario.run(script, against: relay)
            try await relay.stop()
        }
    }

    @Test("Everybody can use it: by keyboard, by screen reader, by touch, in both themes")
    func accessible() async throws {
        try await Scenario.run("console_accessible.js")
    }

    @Test("Ten thousand topics are searched and scrolled through, and all of the console is small")
    func large() async throws {
        try await Scenario.run("console_large.js")
    }

    @Test("Somebody makes a webhook, is told that it is dead, and revives it")
    func webhooks() async throws {
        try await Scenario.run("console_webhooks.js", settings: ["WEBHOOK_ALLOW_PRIVATE": "true"])
    }
}

import Foundation
import ProgramFixture
import Testing

/// Documents, edited with Yjs' own provider and with others, against the program as built.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct DocumentEditingTests {
    /// Documents leave memory as soon as nobody is there.
    private static let short = ["DOCUMENTS_IDLE_SECONDS": "1"]

    @Test("Providers edit at once, cut off and offline, and who comes late finds all of it")
    func edit() async throws {
        try await Scenario.run("documents_edit.js", settings: Self.short)
    }

    @Test("Clients of three protocols edit one document at once")
    func dialects() async throws {
        try await Scenario.run("documents_dialects.js")
    }

    @Test("Two windows of the example page and a program edit one text, and see each other")
    func example() async throws {
        try await Scenario.run("documents_example.js")
    }

    @Test("Who may not come in is refused before the upgrade, and names that differ are different documents")
    func refused() async throws {
        try await Scenario.run("documents_refused.js")
    }

    @Test("Who may read may not write, and who may read no more is out at once, and stays out")
    func access() async throws {
        try await Scenario.run("documents_access.js")
    }

    @Test("Everybody is seen until they go, at once when they are back, and a change is told once")
    func presence() async throws {
        try await Scenario.run("documents_presence.js")
    }

    @Test("A client that says nothing hears enough to stay")
    func silent() async throws {
        try await Scenario.run("documents_silent.js")
    }

    @Test("A webhook is told of documents, signed and until it has all, and says who may come")
    func webhook() async throws {
        let port = String(try await freePort())
        let secret = "a secret of the relay and the receiver"
        try await Scenario.inFolder { scenario in
            var scenario = scenario
            scenario.environment = ["WEBHOOK_PORT": port, "WEBHOOK_SECRET": secret]
            let settings = [
                "DOCUMENTS_WEBHOOK_URL": "http://127.0.0.1:\(port)/hook", "DOCUMENTS_WEBHOOK_SECRET": secret,
                "DOCUMENTS_WEBHOOK_EVENTS": "change,connect,create,disconnect",
            ]
            let relay = try await RelayUnderTest.start(settings, in: scenario.folder)
            try await scenario.run("documents_webhook.py", against: relay)
            #expect(try await relay.process.exit(within: .seconds(30)) == .code(0), "\(relay.process.lastWords)")
        }
    }

    @Test("A document is restored while people write in it, and Yjs shows what the relay says of it")
    func restored() async throws {
        try await Scenario.run("documents_restored.js")
    }

    @Test(
        "Rooms of a running y-websocket server, and by Hocuspocus' protocol, come over while people write in them",
        arguments: ["documents_import.js", "documents_import_hocuspocus.js"]
    )
    func imported(_ script: String) async throws {
        try await Scenario.run(script, environment: ["RELAY_PROGRAM": Installation.relay.path()])
    }

    @Test("pycrdt and Yjs edit one document")
    func pycrdt() async throws {
        try await Scenario.run("documents_pycrdt.py")
    }

    @Test(
        "Clients of Socket.IO edit beside Yjs' own provider, by WebSockets, by polls, and by both",
        arguments: ["documents_socketio.py", "documents_socketio.js"]
    )
    func socketIO(_ script: String) async throws {
        try await Scenario.run(script, settings: Self.short)
    }

    @Test("A small client edits by long polls alone, beside Yjs' own provider")
    func longPolls() async throws {
        try await Scenario.run("documents_poll.py")
    }

    @Test(
        "Relays that are killed or stopped under writers have each update of which an echo came",
        arguments: [SIGKILL, SIGTERM]
    )
    func restarted(_ signal: Int32) async throws {
        try await Scenario.inFolder { scenario in
            let times = 3
            var scenario = scenario
            scenario.environment = ["SIGNAL": signal == SIGKILL ? "SIGKILL" : "SIGTERM", "TIMES": String(times)]
            let port = try await freePort()
            let first = try await RelayUnderTest.start(Self.short, on: port, in: scenario.folder)
            let told = scenario
            async let outcome: Void = told.run("documents_restarted.js", against: first)
            var relay = first
            for _ in 0..<times {
                let exit = try await relay.process.exit(within: .seconds(120))
                #expect(exit == (signal == SIGKILL ? .signal(SIGKILL) : .code(0)), "\(relay.process.lastWords)")
                relay = try await RelayUnderTest.start(Self.short, on: port, in: scenario.folder)
                let file = scenario.folder.appending(path: "relay.pid")
                try String(relay.process.id).write(to: file, atomically: true, encoding: .utf8)
            }
            try await outcome
            try await relay.stop()
        }
    }
}

import Foundation
import ProgramFixture
import Testing

/// What a person at a terminal sees of the program.
@Suite("The program at a terminal", .timeLimit(.minutes(2)))
struct ProgramTests {
    private static func inFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "pulsar-relay-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder)
    }

    @Test("A start on this machine warns of nothing and says once where it listens; a stop says which signal it was")
    func startAndStop() async throws {
        try await Self.inFolder { folder in
            let relay = try await RelayUnderTest.start([:], in: folder)
            try await relay.stop()
            let said = relay.process.lastWords
            let lines = said.split(separator: "\n")
            #expect(lines.count { $0.contains("listens on \(relay.url)") } == 1, "\(said)")
            #expect(lines.contains { $0.hasPrefix("Log in: pulsar-relay login --url \(relay.url)") }, "\(said)")
            #expect(!said.lowercased().contains("warning"), "\(said)")
            #expect(lines.contains { $0.contains("stopping") && $0.contains("SIGTERM") }, "\(said)")
        }
    }

    @Test("poll begins where --from says, and ends after --count messages")
    func poll() async throws {
        try await Self.inFolder { folder in
            let relay = try await RelayUnderTest.start([:], in: folder)
            try await self.run(["login", "--username", RelayUnderTest.username], relay, folder)
            for number in 1...3 { try await self.run(["publish", "news", "{\"n\":\(number)}"], relay, folder) }
            let polled = try await self.run(
                ["poll", "news", "--from", "earliest", "--count", "2", "--json"],
                relay,
                folder
            )
            let lines = polled.split(separator: "\n")
            try #require(lines.count == 2, "\(polled)")
            #expect(lines[0].contains("{\"n\":1}") && lines[1].contains("{\"n\":2}"), "\(polled)")
            try await relay.stop()
        }
    }

    @Test("A changed configuration is in force after config reload, or SIGHUP; a bad one changes nothing")
    func reload() async throws {
        try await Self.inFolder { folder in
            let file = folder.appending(path: "relay.yaml")
            func write(_ text: String) throws { try text.write(to: file, atomically: true, encoding: .utf8) }
            try write("ws_max_per_user: 10\nthreads: 1\n")
            let relay = try await RelayUnderTest.start(["CONFIG": file.path()], in: folder)
            try await self.run(["login", "--username", RelayUnderTest.username], relay, folder)
            try write("ws_max_per_user: 11\nthreads: 2\n")
            let reloaded = try await self.run(["config", "reload"], relay, folder)
            #expect(reloaded.contains("ws_max_per_user: 10 -> 11"), "\(reloaded)")
            #expect(reloaded.contains("waits for a restart: threads: 1 -> 2"), "\(reloaded)")
            try write("ws_max_per_user: 12\nthreads: 2\n")
            relay.process.signal(SIGHUP)
            try await self.until { relay.process.lastWords.contains("ws_max_per_user: 11 -> 12") }
            try write("ws_max_per_user: 13\nnonsense: 2\n")
            relay.process.signal(SIGHUP)
            try await self.until { relay.process.lastWords.contains("no such key") }
            #expect(!relay.process.lastWords.contains("12 -> 13"))
            try await relay.stop()
        }
    }

    private func until(_ condition: () -> Bool) async throws {
        for _ in 0..<200 where !condition() { try await Task.sleep(for: .milliseconds(50)) }
        #expect(condition())
    }

    /// Runs a command, which has to succeed, and returns what it wrote.
    @discardableResult
    private func run(_ arguments: [String], _ relay: RelayUnderTest, _ folder: URL) async throws -> String {
        var environment = Installation.environment
        environment["PULSAR_RELAY_URL"] = relay.url
        environment["PULSAR_PASSWORD"] = RelayUnderTest.password
        environment["XDG_CONFIG_HOME"] = folder.path()
        let process = try ChildProcess(
            Installation.relay,
            arguments,
            environment: environment,
            directory: folder,
            log: folder.appending(path: "\(UUID().uuidString).log")
        )
        let exit = try await process.exit(within: .seconds(20))
        #expect(exit == .code(0), "\(arguments): \(process.lastWords)")
        return process.lastWords
    }
}

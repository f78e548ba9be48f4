import Foundation
import ProgramFixture
import Testing

/// One scenario: a folder for its files, relays started in it one after another, and scripts run against them, in Python or
/// for Node.
struct Scenario {
    let folder: URL
    /// What scripts are told beside where the relay is.
    var environment: [String: String] = [:]

    /// Runs the script against a relay with these settings, and stops the relay in an orderly way.
    static func run(_ script: String, settings: [String: String] = [:], environment: [String: String] = [:])
        async throws
    {
        try await Self.inFolder { scenario in
            var scenario = scenario
            scenario.environment = environment
            let relay = try await RelayUnderTest.start(settings, in: scenario.folder)
            try await scenario.run(script, against: relay)
            try await relay.stop()
        }
    }

    /// - Parameter body: has to end what it starts.
    static func inFolder(_ body: (Scenario) async throws -> Void) async throws {
        try await PythonEnvironment.shared.ready()
        let folder = FileManager.default.temporaryDirectory.appending(path: "pulsar-relay-interop-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(Scenario(folder: folder))
    }

    /// Runs a script of `Tests/Interop/python` or `Tests/Interop/node`, which has to exit with 0. What it says otherwise is the test's failure.
    ///
    /// - Throws: where the script can't be started. The relay is then gone too.
    func run(_ script: String, against relay: RelayUnderTest) async throws {
        let environment = [
            "RELAY_URL": relay.url,
            "RELAY_PID": String(relay.process.id),
            "RELAY_USERNAME": RelayUnderTest.username,
            "RELAY_PASSWORD": RelayUnderTest.password,
        ]
        let python: ChildProcess
        do {
            python = try self.start(script, environment)
        } catch {
            relay.process.signal(SIGKILL)
            throw error
        }
        let exit = try await python.exit(within: .seconds(180))
        #expect(exit == .code(0), "\(script): \(python.lastWords)\nthe relay: \(relay.process.lastWords)")
    }

    /// Runs a script as above, for which there need be no relay. It is told where the program and the repository are.
    ///
    /// - Parameters:
    ///   - arguments: of the script.
    ///   - command: a program that runs another, as ``placeOfItsOwn`` does, with its arguments.
    func run(_ script: String, _ arguments: [String] = [], after command: [String] = []) async throws {
        let installation = ["ROOT": Installation.package.path(), "RELAY": Installation.relay.path()]
        let python = try self.start(script, installation, arguments, after: command)
        let exit = try await python.exit(within: .seconds(500))
        #expect(exit == .code(0), "\(script): \(python.lastWords)")
    }

    /// Runs a program where it may mount what it likes, and where all that it has started ends with it. Needs root.
    static let placeOfItsOwn = ["/usr/bin/unshare", "--mount", "--pid", "--fork", "--kill-child"]

    private func start(
        _ script: String,
        _ relay: [String: String],
        _ arguments: [String] = [],
        after command: [String] = []
    ) throws -> ChildProcess {
        var environment = Installation.environment.merging(self.environment) { $1 }.merging(relay) { $1 }
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        environment["SCRATCH"] = self.folder.path()
        // Where Debian has its packages.
        environment["NODE_PATH"] = "/usr/share/nodejs"
        let isForNode = script.hasSuffix(".js")
        let scripts = isForNode ? Installation.nodeScripts : Installation.scripts
        let interpreter = isForNode ? "/usr/bin/node" : Installation.python.path()
        let words = command + [interpreter, scripts.appending(path: script).path()] + arguments
        return try ChildProcess(
            URL(filePath: words[0]),
            Array(words.dropFirst()),
            environment: environment,
            directory: self.folder,
            log: self.folder.appending(path: "\(script).log")
        )
    }
}

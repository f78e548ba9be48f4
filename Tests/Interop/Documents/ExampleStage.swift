import Foundation
import ProgramFixture
import Testing

/// The relays that a document's examples talk to: what `make run` and `make run-several` start, on ports of their own.
struct ExampleStage {
    let ports: [Int]
    let password: String
    /// What a reader has to set, since this relay's store is not where one looks for it.
    let settings: [String: String]
    private let process: ChildProcess

    static func one(in folder: URL) async throws -> ExampleStage {
        let port = try await freePort()
        // Its secret is one of its own, among its data, as a new user's is.
        let relay = try await RelayUnderTest.start(["JWT_SECRET_KEY": ""], on: port, in: folder)
        return ExampleStage(ports: [port], password: RelayUnderTest.password, settings: [:], process: relay.process)
    }

    static func several(in folder: URL) async throws -> ExampleStage {
        let data = folder.appending(path: "data/several")
        try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
        let password = RelayUnderTest.password
        try password.write(to: data.appending(path: "admin-password"), atomically: true, encoding: .utf8)
        let port = try await freePortPair()
        var environment = Installation.environment
        environment["RELAY_PROGRAM"] = Installation.relay.path()
        environment["PULSAR_PORT"] = String(port)
        environment["PULSAR_RATE_LIMITS_ENABLED"] = "false"
        let valkey = String(try await freePort())
        environment["VALKEY_PORT"] = valkey
        let process = try ChildProcess(
            Installation.package.appending(path: "scripts/run-several"),
            [],
            environment: environment,
            directory: folder,
            log: folder.appending(path: "several.log")
        )
        let stage = ExampleStage(
            ports: [port, port + 1],
            password: password,
            settings: ["PULSAR_VALKEY_PORT": valkey],
            process: process
        )
        // It says so when all of them answer.
        let deadline = ContinuousClock.now + .seconds(60)
        while !process.lastWords.contains("One relay on:") {
            guard ContinuousClock.now < deadline else {
                process.signal(SIGTERM)
                _ = try await process.exit(within: .seconds(30))
                throw NotReady(log: process.lastWords)
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        return stage
    }

    func stop() async throws {
        self.process.signal(SIGTERM)
        let exit = try await self.process.exit(within: .seconds(40))
        #expect(exit == .code(0), "\(self.process.lastWords)")
    }

    private struct NotReady: Error {
        let log: String
    }
}

import Foundation
import ProgramFixture
import Testing

@Suite("Relays on one data directory", .timeLimit(.minutes(2)))
struct DataDirectoryTests {
    private func run(_ arguments: [String], in folder: URL) async throws -> (exit: ChildProcess.Exit, words: String) {
        var environment = Installation.environment
        environment["PULSAR_DATA_DIR"] = folder.appending(path: "data").path()
        environment["PULSAR_HOST"] = "127.0.0.1"
        environment["PULSAR_PORT"] = String(try await freePort())
        environment["PULSAR_JWT_SECRET_KEY"] = RelayUnderTest.secret
        environment["PULSAR_PASSWORD"] = "correct horse"
        let log = folder.appending(path: "other-\(UUID().uuidString).log")
        let process = try ChildProcess(
            Installation.relay,
            arguments,
            environment: environment,
            directory: folder,
            log: log
        )
        return (try await process.exit(within: .seconds(30)), process.lastWords)
    }

    @Test("the second does not start and says who runs; commands work beside it; after kill -9 the directory is free")
    func second() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "relay-lock-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let first = try await RelayUnderTest.start([:], in: folder)
        let second = try await self.run(["serve"], in: folder)
        #expect(second.exit == .code(1), "\(second.words)")
        #expect(second.words.contains("process \(first.process.id)"), "\(second.words)")
        let command = try await self.run(["user", "create", "ann"], in: folder)
        #expect(command.exit == .code(0), "\(command.words)")
        first.process.signal(SIGKILL)
        _ = try await first.process.exit(within: .seconds(10))
        let third = try await RelayUnderTest.start([:], in: folder)
        try await third.stop()
    }
}

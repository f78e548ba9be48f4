import Foundation
import ProgramFixture

/// The Python packages that the scenarios use, in an environment of their own under `.build`. Made once.
actor PythonEnvironment {
    static let shared = PythonEnvironment()

    private var making: Task<Void, any Error>?

    func ready() async throws {
        let making = self.making ?? Task { try await Self.make() }
        self.making = making
        try await making.value
    }

    /// Returns at once where `make test` has made it before.
    private static func make() async throws {
        let log = FileManager.default.temporaryDirectory.appending(path: "pulsar-relay-venv-\(UUID().uuidString).log")
        defer { try? FileManager.default.removeItem(at: log) }
        let script = try ChildProcess(
            Installation.package.appending(path: "scripts/make-interop-venv"),
            [],
            environment: ProcessInfo.processInfo.environment,
            directory: Installation.package,
            log: log
        )
        guard try await script.exit(within: .seconds(600)) == .code(0) else {
            throw NotMade(reason: script.lastWords)
        }
    }

    private struct NotMade: Error {
        let reason: String
    }
}

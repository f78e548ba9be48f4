import Foundation
import RelayServer
import ValkeyFixture

/// The store that relays under test use in place of the memory store: `PULSAR_TEST_STORE=valkey` runs every test of this target
/// on a real server, each with keys of its own.
actor TestBackend {
    private static let shared = TestBackend()

    private var users = 0
    private var starting: Task<ValkeyServerProcess, any Error>?

    /// - Returns: nil where the configured store is used as it is.
    static func join(_ configuration: inout RelayConfiguration) async throws -> TestBackend? {
        guard ProcessInfo.processInfo.environment["PULSAR_TEST_STORE"] == "valkey",
            configuration.storage.backend == .memory
        else { return nil }
        let server = try await self.shared.enter()
        configuration.storage.backend = .valkey
        configuration.valkey.host = "127.0.0.1"
        configuration.valkey.port = server.port
        configuration.valkey.prefix = "test-\(UUID().uuidString):"
        return self.shared
    }

    private func enter() async throws -> ValkeyServerProcess {
        self.users += 1
        let task = self.starting ?? Task { try await ValkeyServerProcess.start() }
        self.starting = task
        return try await task.value
    }

    func leave() async {
        self.users -= 1
        guard self.users == 0, let task = self.starting else { return }
        self.starting = nil
        try? await task.value.stop()
    }
}

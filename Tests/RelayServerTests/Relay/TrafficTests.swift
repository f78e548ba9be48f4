import Foundation
import RelayServer
import Testing

@Suite("Everything at once", .serialized)
struct TrafficTests {
    @Test(
        "every reader that follows its cursor has each message once and in order, over every transport",
        .timeLimit(.minutes(2)),
        arguments: [RelayConfiguration.StorageBackend.memory, .sqlite],
        [1, 2, 3] as [UInt64]
    )
    func exactlyOnceInOrder(backend: RelayConfiguration.StorageBackend, seed: UInt64) async throws {
        try await withDataDirectory { directory in
            try await withRelay {
                $0.storage.backend = backend
                $0.storage.dataDirectory = directory
                $0.server.threads = 2
                // Little fits, so that readers go to the store while publishers go on.
                $0.hotTier.maxMessagesPerTopic = 4
            } _: { relay in
                let token = try await relay.administratorToken
                try await Traffic(relay: relay, token: token, seed: seed).run()
            }
        }
    }
}

/// Runs `body` with a directory of its own, which is gone afterwards.
func withDataDirectory(_ body: (String) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("relay-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: directory) }
    try await body(directory.path)
}

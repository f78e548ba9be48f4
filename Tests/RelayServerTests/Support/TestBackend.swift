import Foundation
import RelayServer
import ValkeyFixture

/// The store that relays under test use in place of the memory store: `PULSAR_TEST_STORE=valkey` runs every test of this target
/// on a real server, `PULSAR_TEST_STORE=cluster` on a cluster of three masters; each with keys of its own.
struct TestBackend {
    private static let server = SharedProcess<ValkeyServerProcess>()
    private static let cluster = SharedProcess<ValkeyClusterProcess>()

    private let prefix = "test-\(UUID().uuidString):"

    /// - Returns: what to leave in the end; nil where the configured store is used as it is.
    static func join(_ configuration: inout RelayConfiguration) async throws -> TestBackend? {
        guard configuration.storage.backend == .memory else { return nil }
        let backend = TestBackend()
        switch ProcessInfo.processInfo.environment["PULSAR_TEST_STORE"] {
        case "valkey":
            configuration.valkey.host = "127.0.0.1"
            configuration.valkey.port = try await Self.server.join(backend.prefix).port
        case "cluster":
            configuration.valkey.clusterNodes = try await Self.cluster.join(backend.prefix).seeds.compactMap {
                RelayConfiguration.Valkey.ClusterNode("\($0)")
            }
        default: return nil
        }
        configuration.storage.backend = .valkey
        configuration.valkey.prefix = backend.prefix
        return backend
    }

    func leave() async {
        await Self.server.leave(self.prefix)
        await Self.cluster.leave(self.prefix)
    }
}

import Foundation
import RelayServer
import ValkeyFixture

/// The store that relays under test use in place of the memory store: `PULSAR_TEST_STORE=valkey` runs every test of this target
/// on a real server, `PULSAR_TEST_STORE=cluster` on a cluster of three masters; each with keys of its own.
struct TestBackend {
    private static let server = SharedProcess<ValkeyServerProcess>()
    private static let cluster = SharedProcess<ValkeyClusterProcess>()

    private static let wanted = ProcessInfo.processInfo.environment["PULSAR_TEST_STORE"]

    private let prefix = "test-\(UUID().uuidString):"

    /// - Returns: what to leave in the end; nil where the configured store is used as it is.
    static func join(_ configuration: inout RelayConfiguration) async throws -> TestBackend? {
        guard configuration.storage.backend == .memory else { return nil }
        guard ["valkey", "cluster"].contains(Self.wanted) else { return nil }
        return try await Self.joinShared(&configuration)
    }

    /// A store that several relays can share, whatever the tests run on: a server, unless they run on a cluster.
    static func joinShared(_ configuration: inout RelayConfiguration) async throws -> TestBackend {
        let backend = TestBackend()
        if Self.wanted == "cluster" {
            configuration.valkey.clusterNodes = try await Self.cluster.join(backend.prefix).seeds.compactMap {
                RelayConfiguration.Valkey.ClusterNode("\($0)")
            }
        } else {
            configuration.valkey.host = "127.0.0.1"
            configuration.valkey.port = try await Self.server.join(backend.prefix).port
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

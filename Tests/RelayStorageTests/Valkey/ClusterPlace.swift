import Foundation
import NIOPosix
import RelayCore
import RelayStorage
import ValkeyFixture

/// The keys of one test on the shared cluster.
struct ClusterPlace: Sendable {
    let cluster: SharedCluster
    let prefix = "test-\(UUID().uuidString):"

    func open() async throws -> ValkeyStore {
        try await .open(try await self.cluster.join(self.prefix), prefix: self.prefix)
    }

    func remove() async {
        await self.cluster.leave(self.prefix)
    }
}

extension ValkeyClusterProcess {
    /// Opens some stores on it, runs the body, and closes them.
    func withStores(
        _ count: Int,
        durability: Durability = .stored,
        _ body: ([ValkeyStore]) async throws -> Void
    ) async throws {
        var stores: [ValkeyStore] = []
        do {
            for _ in 0..<count { stores.append(try await .open(self, durability: durability)) }
            try await body(stores)
        } catch {
            for store in stores { await store.close() }
            throw error
        }
        for store in stores { await store.close() }
    }
}

extension ValkeyStore {
    static func open(
        _ cluster: ValkeyClusterProcess,
        prefix: String = "pulsar:",
        durability: Durability = .stored
    ) async throws -> ValkeyStore {
        try await .open(
            .cluster(seeds: cluster.seeds),
            settings: Settings(prefix: prefix, openTimeout: .seconds(20), durability: durability),
            loops: Array(MultiThreadedEventLoopGroup.singleton.makeIterator())
        )
    }
}

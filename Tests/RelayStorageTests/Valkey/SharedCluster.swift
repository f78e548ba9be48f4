import Foundation
import NIOPosix
import RelayStorage
import ValkeyFixture

/// A cluster of three masters that runs while somebody uses it.
actor SharedCluster {
    static let shared = SharedCluster()

    private var users: Set<String> = []
    private var starting: Task<ValkeyClusterProcess, any Error>?

    /// - Returns: the cluster, until `user` leaves.
    func join(_ user: String) async throws -> ValkeyClusterProcess {
        self.users.insert(user)
        let task = self.starting ?? Task { try await ValkeyClusterProcess.start() }
        self.starting = task
        return try await task.value
    }

    func leave(_ user: String) async {
        guard self.users.remove(user) != nil, self.users.isEmpty, let task = self.starting else { return }
        self.starting = nil
        try? await task.value.stop()
    }
}

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
        durability: ValkeyStore.Settings.Durability = .stored,
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
        durability: Settings.Durability = .stored
    ) async throws -> ValkeyStore {
        try await .open(
            .cluster(seeds: cluster.seeds),
            settings: Settings(prefix: prefix, openTimeout: .seconds(20), durability: durability),
            loops: Array(MultiThreadedEventLoopGroup.singleton.makeIterator())
        )
    }
}

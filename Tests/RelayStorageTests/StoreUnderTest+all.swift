import Foundation
import NIOCore
import NIOPosix
import RelayCore
import RelayStorage
import RelayValkey
import StoreContract
import ValkeyFixture

extension StoreUnderTest {
    static let all =
        [StoreUnderTest.memory, .sqlite, .valkey, .valkeyCluster]
        + (ValkeyServerProcess.isRecentThere ? [.syncing] : [])

    static let memory = StoreUnderTest("memory", isPersistent: false, deadlines: { _ in DeadlineTable() }) {
        StorePlace(open: { MemoryStore() })
    }

    static let sqlite = StoreUnderTest(
        "sqlite",
        isPersistent: true,
        deadlines: { _ in DeadlineTable() },
        hotStreams: { _ in MemoryStore() }
    ) {
        let directory = TemporaryDirectory()
        return StorePlace(
            open: { try SQLiteStore(directory: directory.path) },
            remove: { directory.remove() }
        )
    }

    /// All places are on one server, with a prefix each.
    static let valkey = StoreUnderTest("valkey", isPersistent: true) {
        let place = ValkeyPlace(server: Shared.server)
        return StorePlace(open: { try await place.open() }, remove: { await place.remove() })
    }

    /// As above, on a Valkey that has every message on its disk before it is answered.
    static let syncing = StoreUnderTest("valkey, synced", isPersistent: true) {
        let place = ValkeyPlace(server: Shared.syncing)
        return StorePlace(open: { try await place.open(.synced) }, remove: { await place.remove() })
    }

    /// All places are on one cluster of three masters.
    static let valkeyCluster = StoreUnderTest("valkey cluster", isPersistent: true) {
        let place = ClusterPlace(cluster: Shared.cluster)
        return StorePlace(open: { try await place.open() }, remove: { await place.remove() })
    }
}

/// A directory of one test's own; not there until someone makes it.
struct TemporaryDirectory: Sendable {
    let path = FileManager.default.temporaryDirectory.path + "/relay-storage-\(UUID().uuidString)"

    func remove() {
        try? FileManager.default.removeItem(atPath: self.path)
    }
}

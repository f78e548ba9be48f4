import Foundation
import RelayStorage
import StoreContract

extension StoreUnderTest {
    static let all = [StoreUnderTest.memory, .sqlite]

    static let memory = StoreUnderTest("memory", isPersistent: false) {
        StorePlace(open: { MemoryStore() })
    }

    static let sqlite = StoreUnderTest("sqlite", isPersistent: true) {
        let directory = TemporaryDirectory()
        return StorePlace(
            open: { try SQLiteStore(directory: directory.path) },
            remove: { directory.remove() }
        )
    }
}

/// A directory of one test's own; not there until someone makes it.
struct TemporaryDirectory: Sendable {
    let path = FileManager.default.temporaryDirectory.path + "/relay-storage-\(UUID().uuidString)"

    func remove() {
        try? FileManager.default.removeItem(atPath: self.path)
    }
}

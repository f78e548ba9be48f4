import Synchronization

/// What has become of the snapshots that this relay has made of documents, for metrics.
public final class SnapshotCounts: Sendable {
    private let storedCount = Atomic<Int>(0)
    private let outdatedCount = Atomic<Int>(0)
    private let failedCount = Atomic<Int>(0)

    public var stored: Int { self.storedCount.load(ordering: .relaxed) }
    /// Those that came after another relay's.
    public var outdated: Int { self.outdatedCount.load(ordering: .relaxed) }
    /// Those that could not be made or stored.
    public var failed: Int { self.failedCount.load(ordering: .relaxed) }

    func countStored() { self.storedCount.add(1, ordering: .relaxed) }
    func countOutdated() { self.outdatedCount.add(1, ordering: .relaxed) }
    func countFailed() { self.failedCount.add(1, ordering: .relaxed) }
}

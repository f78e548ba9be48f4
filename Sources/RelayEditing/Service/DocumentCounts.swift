import Synchronization

/// What has become of documents here, for metrics.
public final class DocumentCounts: Sendable {
    private let compactionCount = Atomic<Int>(0)
    private let outdatedCount = Atomic<Int>(0)
    private let failureCount = Atomic<Int>(0)

    /// Snapshots that were stored.
    public var compactions: Int { self.compactionCount.load(ordering: .relaxed) }
    /// Snapshots that came after another relay's.
    public var outdated: Int { self.outdatedCount.load(ordering: .relaxed) }
    /// Snapshots that could not be made or stored.
    public var failures: Int { self.failureCount.load(ordering: .relaxed) }

    func compacted() { self.compactionCount.add(1, ordering: .relaxed) }
    func wasOutdated() { self.outdatedCount.add(1, ordering: .relaxed) }
    func failed() { self.failureCount.add(1, ordering: .relaxed) }
}

extension DocumentService {
    public var metrics: DocumentCounts { self.counts }

    /// Documents in memory.
    public var loadedCount: Int { self.loaded.count }

    /// Documents in memory, and their connections, by name.
    public var rooms: [(name: DocumentName, connections: Int)] {
        self.loaded.map { ($0.name, $0.connectionCount) }.sorted { $0.0.text < $1.0.text }
    }

    /// Connections to them.
    public var connectionCount: Int { self.loaded.reduce(0) { $0 + $1.connectionCount } }
}

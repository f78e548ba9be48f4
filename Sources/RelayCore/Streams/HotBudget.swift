import Synchronization

/// The one bound on the memory of all topics' hot tiers together.
///
/// Shared by all topics, without a lock: each adds what it keeps and subtracts what it drops, under its own topic's lock.
public final class HotBudget: Sendable {
    /// Bytes.
    public let limit: Int
    private let used = Atomic<Int>(0)

    public init(limit: Int) {
        self.limit = limit
    }

    /// Bytes held now by all hot tiers.
    public var bytes: Int { self.used.load(ordering: .relaxed) }

    /// How much lies over the limit now; 0 or less where there is room.
    var excess: Int { self.bytes - self.limit }

    func add(_ bytes: Int) {
        self.used.add(bytes, ordering: .relaxed)
    }
}

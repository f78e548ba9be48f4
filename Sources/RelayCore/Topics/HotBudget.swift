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

    /// - Returns: how much of it lies over the limit, for the caller to drop again; 0 where there was room.
    ///
    /// Whoever adds answers for its own excess, so two that fill the last room at once can't both keep it.
    @discardableResult
    func add(_ bytes: Int) -> Int {
        max(0, self.used.add(bytes, ordering: .relaxed).newValue - self.limit)
    }
}

import Synchronization

/// The messages of all topics that were answered early, by durability `memory`, and that the store does not have yet.
/// Keeps their bound, and counts those that were lost. Numbers are atomic; who waits for the last of them is behind
/// one short lock.
final class UnstoredMessages: Sendable {
    /// Bytes.
    let limit: Int
    private let held = Atomic<Int>(0)
    private let lostCount = Atomic<Int>(0)
    private let waiting = Mutex<[@Sendable () -> Void]>([])

    init(limit: Int) {
        self.limit = limit
    }

    /// Bytes held now.
    var bytes: Int { self.held.load(ordering: .sequentiallyConsistent) }

    /// How many messages the store did not take, or may not have taken, so far.
    var lost: Int { self.lostCount.load(ordering: .relaxed) }

    /// - Returns: false where there is no room.
    func take(_ bytes: Int) -> Bool {
        // Never more than is allowed, not even for an instant: whoever brings it to nothing has to see that.
        var before = self.bytes
        while before + bytes <= self.limit {
            let (isDone, now) = self.held.weakCompareExchange(
                expected: before,
                desired: before + bytes,
                ordering: .sequentiallyConsistent
            )
            if isDone { return true }
            before = now
        }
        return false
    }

    /// The store has taken what was held, or not. Not to be called under a topic's lock.
    ///
    /// - Parameter lost: messages that it did not take.
    func release(_ bytes: Int, lost: Int = 0) {
        if lost > 0 { self.lostCount.add(lost, ordering: .relaxed) }
        guard self.held.subtract(bytes, ordering: .sequentiallyConsistent).newValue == 0 else { return }
        self.tell()
    }

    /// - Parameter completion: called once, when nothing is held; possibly before this returns.
    func whenNone(_ completion: @escaping @Sendable () -> Void) {
        self.waiting.withLock { $0.append(completion) }
        if self.bytes == 0 { self.tell() }
    }

    private func tell() {
        let waiting = self.waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for completion in waiting { completion() }
    }
}

import Synchronization

/// Tells a task that works for a request whether its client is still there.
final class ClientPresence: Sendable {
    private let isGone = Atomic<Bool>(false)

    /// Whether nobody waits for the answer any more.
    var hasLeft: Bool { self.isGone.load(ordering: .relaxed) }

    func leave() { self.isGone.store(true, ordering: .relaxed) }
}

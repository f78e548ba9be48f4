import Synchronization

/// Whether the relay has been told to stop, and says so, while it serves whom it has; and where its clients had better come again.
///
/// Owns the address in a short `Mutex`: each connection asks once, when it ends.
final class Draining: Sendable {
    private let hasBegun = Atomic<Bool>(false)
    private let address = Mutex<String?>(nil)

    var isUnderWay: Bool { self.hasBegun.load(ordering: .relaxed) }

    /// Another relay's; nil where clients come again to where they were.
    var alternate: String? { self.address.withLock { $0 } }

    func begin(alternate: String?) {
        self.address.withLock { $0 = alternate }
        self.hasBegun.store(true, ordering: .relaxed)
    }

    /// What a close frame says to a client.
    var reason: String { DrainHint.reason(alternate: self.alternate) }
}

import Synchronization

/// Whether the relay has been told to stop, and says so, while it serves whom it has.
final class Draining: Sendable {
    private let hasBegun = Atomic<Bool>(false)

    var isUnderWay: Bool { self.hasBegun.load(ordering: .relaxed) }

    func begin() { self.hasBegun.store(true, ordering: .relaxed) }
}

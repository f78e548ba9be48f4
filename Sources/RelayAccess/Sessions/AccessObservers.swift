import Synchronization

/// Who is told of access changes. Observers stay for the life of the relay.
final class AccessObservers: Sendable {
    typealias Observer = @Sendable (AccessChange) -> Void

    /// Never held while an observer runs.
    private let observers = Mutex<[Observer]>([])

    func add(_ observer: @escaping Observer) {
        self.observers.withLock { $0.append(observer) }
    }

    func notify(_ change: AccessChange) {
        for observer in self.observers.withLock({ $0 }) {
            observer(change)
        }
    }
}

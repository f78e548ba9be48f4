import Synchronization

/// A list that several threads add to.
final class Collected<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])

    var all: [Element] { self.elements.withLock { $0 } }

    func add(_ more: [Element]) {
        self.elements.withLock { $0 += more }
    }
}

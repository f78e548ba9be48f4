import Synchronization

/// Resumes by the first of several answers.
final class FirstAnswer<Value: Sendable>: Sendable {
    private let continuation = Mutex<CheckedContinuation<Value, Never>?>(nil)

    func expect(_ continuation: CheckedContinuation<Value, Never>) {
        self.continuation.withLock { $0 = continuation }
    }

    func answer(_ value: Value) {
        let continuation = self.continuation.withLock { $0.take() }
        continuation?.resume(returning: value)
    }
}

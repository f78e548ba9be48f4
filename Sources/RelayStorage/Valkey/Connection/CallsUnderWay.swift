import Synchronization

/// Counts what was sent and not answered, so that closing can wait for it. Its state is behind one short lock.
final class CallsUnderWay: Sendable {
    private struct State {
        var count = 0
        var isClosed = false
        var drained: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    var isClosed: Bool { self.state.withLock { $0.isClosed } }

    /// - Returns: false once it is closed: the call must not be made.
    func begin() -> Bool {
        self.state.withLock { state in
            guard !state.isClosed else { return false }
            state.count += 1
            return true
        }
    }

    func end() {
        let drained = self.state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.count -= 1
            guard state.count == 0 else { return nil }
            defer { state.drained = nil }
            return state.drained
        }
        drained?.resume()
    }

    /// Refuses further calls, and returns when those under way have ended: each has a deadline.
    ///
    /// - Returns: false if it was closed before.
    func close() async -> Bool {
        let isFirst = self.state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        guard isFirst else { return false }
        await withCheckedContinuation { continuation in
            let isDrained = self.state.withLock { state in
                if state.count > 0 { state.drained = continuation }
                return state.count == 0
            }
            if isDrained { continuation.resume() }
        }
        return true
    }
}

import Synchronization

/// Holds whoever comes until it is opened, and tells when somebody came.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var arrivals = 0
        var held: [CheckedContinuation<Void, Never>] = []
        var watchers: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func pass() async {
        await withCheckedContinuation { continuation in
            let resumed: [CheckedContinuation<Void, Never>] = self.state.withLock { state in
                state.arrivals += 1
                defer { state.watchers = [] }
                guard !state.isOpen else { return state.watchers + [continuation] }
                state.held.append(continuation)
                return state.watchers
            }
            resumed.forEach { $0.resume() }
        }
    }

    /// Returns once somebody stands at the gate, or has passed it.
    func arrival() async {
        await withCheckedContinuation { continuation in
            let isHere = self.state.withLock { state in
                guard state.arrivals == 0 else { return true }
                state.watchers.append(continuation)
                return false
            }
            if isHere { continuation.resume() }
        }
    }

    func open() {
        let held = self.state.withLock { state in
            defer { state.held = [] }
            state.isOpen = true
            return state.held
        }
        held.forEach { $0.resume() }
    }
}

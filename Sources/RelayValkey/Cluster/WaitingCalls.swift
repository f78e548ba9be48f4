import Synchronization

/// Commands that wait to be sent again, so that closing can end them. Its state is behind one short lock.
final class WaitingCalls: Sendable {
    private struct State {
        var last = 0
        var calls: [Int: ClusterCall] = [:]
        var isClosed = false
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) {
        self.limit = limit
    }

    /// - Returns: what to take it out by, or nil if there is no room, or it was closed.
    func add(_ call: ClusterCall) -> Int? {
        self.state.withLock { state in
            guard !state.isClosed, state.calls.count < self.limit else { return nil }
            state.last += 1
            state.calls[state.last] = call
            return state.last
        }
    }

    /// - Returns: nil if `close` has taken it.
    func take(_ number: Int) -> ClusterCall? {
        self.state.withLock { $0.calls.removeValue(forKey: number) }
    }

    /// - Returns: those that wait, to be ended.
    func close() -> [ClusterCall] {
        self.state.withLock { state in
            defer { state.calls = [:] }
            state.isClosed = true
            return Array(state.calls.values)
        }
    }
}

import Synchronization

/// Where the loop of a cluster's subscriber writes how its connections are, and any thread reads it.
final class MemberBoard: Sendable {
    /// Nil once it is closed.
    private let states = Mutex<[ValkeyAddress: ValkeyState]?>([:])

    /// That of the connection which is worst off; `connected` where there are none.
    var current: ValkeyState {
        guard let states = self.states.withLock({ $0 }) else { return .closed }
        return states.values.reduce(.connected) { $0.worse(than: $1) }
    }

    var troubles: [ValkeyAddress: ValkeyState] {
        (self.states.withLock { $0 } ?? [:]).filter { !$0.value.isConnected }
    }

    func set(_ states: [ValkeyAddress: ValkeyState]) {
        self.states.withLock { if $0 != nil { $0 = states } }
    }

    func close() {
        self.states.withLock { $0 = nil }
    }
}

import Synchronization

/// Where a connection's loop writes how it is, and any thread reads it.
final class StateBoard: Sendable {
    /// The severity alone, for those who only ask whether all is well.
    private let severity: Atomic<UInt8>
    private let state: Mutex<ValkeyState>

    init(_ state: ValkeyState) {
        self.severity = Atomic(state.severity)
        self.state = Mutex(state)
    }

    var isConnected: Bool {
        self.severity.load(ordering: .relaxed) == ValkeyState.connected.severity
    }

    var current: ValkeyState {
        self.state.withLock { $0 }
    }

    func set(_ state: ValkeyState) {
        self.state.withLock { $0 = state }
        self.severity.store(state.severity, ordering: .relaxed)
    }
}

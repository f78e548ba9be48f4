import Synchronization

/// What a store has and can't read back: a damaged row, or what some other program wrote. The store leaves such a record out, and says
/// here where it is.
public final class UnreadableRecords: Sendable {
    /// Places that are told, each once. Of more nothing is told: the log has enough to look at.
    static let limit = 1_024

    private struct State {
        var told: Set<String> = []
        var listener: (@Sendable (_ place: String, _ reason: String) -> Void)?
    }

    private let state = Mutex(State())

    public init() {}

    /// - Parameter listener: called for each place that is found from now on, once, from any thread.
    public func observe(_ listener: @escaping @Sendable (_ place: String, _ reason: String) -> Void) {
        self.state.withLock { $0.listener = listener }
    }

    /// A record could not be read.
    ///
    /// - Parameter place: where it is, as an operator can look it up in the store.
    package func note(_ place: String, _ error: StoreError) {
        let listener = self.state.withLock { state in
            state.told.count < Self.limit && state.told.insert(place).inserted ? state.listener : nil
        }
        listener?(place, error.message)
    }
}

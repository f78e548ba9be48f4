import Synchronization

/// The topics whose readers came, or went, on this relay: each once, for one who looks from time to time.
///
/// Nothing is noted before that one has looked for the first time, so it costs others one look at an atomic. Owner of the keys: its lock.
final class ReaderNews: Sendable {
    /// Beyond so many keys all are forgotten: whoever looks has to look at all topics.
    static let mostKeys = 4_096

    private struct State {
        var keys: Set<TopicKey> = []
        var isIncomplete = false
    }

    private let isWanted = Atomic(false)
    private let state = Mutex(State())

    /// A topic has got its first reader here, or lost its last one. To be called after it has, and not under its lock.
    func note(_ key: TopicKey) {
        guard self.isWanted.load(ordering: .acquiring) else { return }
        self.state.withLock { state in
            guard !state.isIncomplete else { return }
            if state.keys.count < Self.mostKeys || state.keys.contains(key) {
                state.keys.insert(key)
            } else {
                state = State(isIncomplete: true)
            }
        }
    }

    /// What was noted since the call before.
    ///
    /// - Returns: nil where not all is known: at first, after ``end()``, and where it was too much.
    func take() -> Set<TopicKey>? {
        let wasWanted = self.isWanted.exchange(true, ordering: .acquiringAndReleasing)
        return self.state.withLock { state in
            defer { state = State() }
            return wasWanted && !state.isIncomplete ? state.keys : nil
        }
    }

    /// Nobody looks any more.
    func end() {
        self.isWanted.store(false, ordering: .releasing)
        self.state.withLock { $0 = State() }
    }
}

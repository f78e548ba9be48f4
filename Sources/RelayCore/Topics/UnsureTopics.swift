import Synchronization

/// Topics whose position has to be checked, each once, however often it was named: no more than there are in memory or listened
/// to. Its state is behind one short lock.
final class UnsureTopics: Sendable {
    /// One element stands for any number of arrivals.
    let arrivals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation
    private let keys = Mutex<Set<TopicKey>>([])

    init() {
        (self.arrivals, self.signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Names a topic, and lets ``arrivals`` say so.
    func insert(_ key: TopicKey) {
        self.keys.withLock { _ = $0.insert(key) }
        self.signal.yield()
    }

    /// All that was named since the last call, in no order.
    func takeAll() -> [TopicKey] {
        self.keys.withLock { keys in
            defer { keys = [] }
            return Array(keys)
        }
    }
}

import Synchronization

/// Topics whose position has to be checked, each once, however often it was named.
final class UnsureTopics: Sendable {
    /// One element stands for any number of arrivals.
    let arrivals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation
    private let keys = Mutex<Set<TopicKey>>([])

    init() {
        (self.arrivals, self.signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func insert(_ key: TopicKey) {
        self.keys.withLock { _ = $0.insert(key) }
        self.signal.yield()
    }

    func takeAll() -> [TopicKey] {
        self.keys.withLock { keys in
            defer { keys = [] }
            return Array(keys)
        }
    }
}

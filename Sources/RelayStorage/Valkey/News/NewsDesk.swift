import NIOCore
import RelayCore
import RelayValkey
import Synchronization

/// Knows which topics are listened to, and passes their news on. Its state is behind one short lock; the listener is called on the
/// subscriber's event loop, so in order.
final class NewsDesk: Sendable {
    typealias Waiter = @Sendable (StoreError?) -> Void

    private struct Topic {
        var isConfirmed = false
        /// News may have been missed since it was confirmed.
        var isInterrupted = false
        var waiters: [Int: Waiter] = [:]
    }

    private struct State {
        var listener: (@Sendable (StreamNews) -> Void)?
        var topics: [TopicKey: Topic] = [:]
        var nextWaiter = 0
        /// The connection broke, and topics' news may have been lost.
        var isLost = false
    }

    enum Listening {
        case already
        case wait(Int)
    }

    private let layout: KeyLayout
    private let state = Mutex(State())

    init(layout: KeyLayout) {
        self.layout = layout
    }

    func start(_ listener: @escaping @Sendable (StreamNews) -> Void) {
        self.state.withLock { $0.listener = listener }
    }

    /// - Parameter waiter: called once, on whatever thread: nil as soon as the topic's news are certain to come.
    func listen(to key: TopicKey, _ waiter: @escaping Waiter) -> Listening {
        self.state.withLock { state in
            if state.topics[key]?.isConfirmed == true { return .already }
            state.nextWaiter += 1
            state.topics[key, default: Topic()].waiters[state.nextWaiter] = waiter
            return .wait(state.nextWaiter)
        }
    }

    /// Ends a wait, unless it has ended.
    func giveUp(_ number: Int, on key: TopicKey, _ error: StoreError) {
        let waiter = self.state.withLock { $0.topics[key]?.waiters.removeValue(forKey: number) }
        waiter?(error)
    }

    func stop(_ key: TopicKey) {
        let topic = self.state.withLock { $0.topics.removeValue(forKey: key) }
        for waiter in (topic?.waiters ?? [:]).values { waiter(StoreError(.unavailable, "no longer listened to")) }
    }

    func take(_ event: ValkeySubscriberEvent) {
        switch event {
        case .message(let channel, let payload): self.take(payload, from: channel)
        case .subscribed(let channel): self.subscribed(channel)
        case .interrupted(let channel): self.interrupted(channel)
        case .dropped(let channel, let error): self.dropped(channel, error)
        case .lost: self.lost()
        case .restored: self.restored()
        }
    }

    private func take(_ payload: ByteBuffer, from channel: ValkeyChannel) {
        guard let key = self.layout.topic(ofNews: channel.name) else { return }
        let listener = self.state.withLock { $0.topics[key] == nil ? nil : $0.listener }
        guard let listener else { return }
        // What can't be read may have said anything.
        listener(Announcement.growth(payload).map { .grew(key, $0) } ?? .missed([key]))
    }

    private func subscribed(_ channel: ValkeyChannel) {
        guard let key = self.layout.topic(ofNews: channel.name) else { return }
        let (topic, listener) = self.state.withLock { state -> (Topic?, (@Sendable (StreamNews) -> Void)?) in
            guard let topic = state.topics[key] else { return (nil, nil) }
            state.topics[key] = Topic(isConfirmed: true)
            return (topic, state.listener)
        }
        for waiter in (topic?.waiters ?? [:]).values { waiter(nil) }
        if topic?.isInterrupted == true { listener?(.missed([key])) }
    }

    private func interrupted(_ channel: ValkeyChannel) {
        guard let key = self.layout.topic(ofNews: channel.name) else { return }
        self.state.withLock { state in
            state.topics[key]?.isConfirmed = false
            state.topics[key]?.isInterrupted = true
        }
    }

    private func dropped(_ channel: ValkeyChannel, _ error: ValkeyServerError?) {
        guard let key = self.layout.topic(ofNews: channel.name) else { return }
        let (topic, listener) = self.state.withLock { ($0.topics.removeValue(forKey: key), $0.listener) }
        let reason = error.map { StoreError(server: $0) } ?? StoreError(.unavailable, "the server ended the listening")
        for waiter in (topic?.waiters ?? [:]).values { waiter(reason) }
        if topic?.isConfirmed == true { listener?(.missed([key])) }
    }

    private func lost() {
        self.state.withLock { state in
            state.isLost = true
            for key in state.topics.keys { state.topics[key]?.isConfirmed = false }
        }
    }

    private func restored() {
        let (keys, listener) = self.state.withLock { state -> ([TopicKey], (@Sendable (StreamNews) -> Void)?) in
            guard state.isLost else { return ([], nil) }
            state.isLost = false
            return (Array(state.topics.keys), state.listener)
        }
        if !keys.isEmpty { listener?(.missed(keys)) }
    }
}

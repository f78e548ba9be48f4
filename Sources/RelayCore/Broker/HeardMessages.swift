public import RelayWire
import Synchronization

/// A stored message that concerns the relay itself.
public struct HeardMessage: Hashable, Sendable {
    public let topic: TopicKey
    public let id: MessageID
}

/// Messages of clients that the relay has something to do about. A kind marks them when it admits them (``Draft/listener``), and they are
/// told of once they are stored, by the relay that stored them and by no other. Each listener has its own, so that none hears less for what
/// another hears.
///
/// Only their places are kept here, so many of a topic and so many in all: what is beyond is not told of. So whoever floods a topic is heard
/// less there, and nobody else is. Who wants something of the relay by a message repeats it where nothing comes of it.
///
/// Owns the places, in a short `Mutex`.
public final class HeardMessages: Sendable {
    private struct State {
        /// In the order in which they were stored.
        var waiting: [HeardMessage] = []
        var counts: [TopicKey: Int] = [:]
    }

    /// Places that wait to be taken.
    static let limit = 4096
    /// Of one topic.
    static let limitOfTopic = 64

    private let state = Mutex(State())
    private let signal: AsyncStream<Void>.Continuation

    /// Something comes whenever ``take()`` has messages. For one listener.
    public let arrived: AsyncStream<Void>

    init() {
        (self.arrived, self.signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// What has come since this was called last, in its order.
    public func take() -> [HeardMessage] {
        self.state.withLock { state in
            defer { state = State() }
            return state.waiting
        }
    }

    func published(_ result: Result<Publication, BrokerError>, in topic: TopicKey) {
        guard case .success(let stored) = result, !stored.isRepeat, let id = stored.id else { return }
        let isTaken = self.state.withLock { state in
            let count = state.counts[topic, default: 0]
            guard state.waiting.count < Self.limit, count < Self.limitOfTopic else { return false }
            state.counts[topic] = count + 1
            state.waiting.append(HeardMessage(topic: topic, id: id))
            return true
        }
        if isTaken { self.signal.yield() }
    }

    /// - Returns: what does the same as `completion`, and tells of the message.
    func telling(
        of topic: TopicKey,
        _ completion: @escaping @Sendable (Result<Publication, BrokerError>) -> Void
    ) -> @Sendable (Result<Publication, BrokerError>) -> Void {
        { result in
            completion(result)
            self.published(result, in: topic)
        }
    }
}

public import RelayWire

/// A stored message that concerns the relay itself.
public struct HeardMessage: Hashable, Sendable {
    public let topic: TopicKey
    public let id: MessageID
}

/// Messages of clients that the relay has something to do about. A kind marks them when it admits them (``Draft/isHeard``), and they are told
/// of once they are stored, by the relay that stored them and by no other.
///
/// Only their places are kept here, and only so many: what is beyond is not told of. So whoever wants something of the relay by a message
/// repeats it where nothing comes of it.
public final class HeardMessages: Sendable {
    /// Places that wait to be looked at.
    private static let limit = 4096

    /// For one listener.
    public let messages: AsyncStream<HeardMessage>
    private let queue: AsyncStream<HeardMessage>.Continuation

    init() {
        (self.messages, self.queue) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.limit))
    }

    func published(_ result: Result<Publication, BrokerError>, in topic: TopicKey) {
        guard case .success(let stored) = result, !stored.isRepeat, let id = stored.id else { return }
        self.queue.yield(HeardMessage(topic: topic, id: id))
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

import RelayCore

/// Lets an edge's readers join topics: all that are asked for, or none.
final class Joiner: Sendable {
    private let broker: Broker
    /// How many topics each user may follow.
    let subscriptions: SubscriptionQuota

    init(broker: Broker, subscriptions: SubscriptionQuota) {
        self.broker = broker
        self.subscriptions = subscriptions
    }

    /// Which topics the names mean that clients give.
    var catalog: TopicCatalog { self.broker.catalog }

    /// Has `sink` join topics, at once where all are in memory. The sink's user needs leave to read each of them.
    ///
    /// - Parameters:
    ///   - client: on whose loop this is called; waits where a topic has to be read from the store.
    ///   - start: where to begin in the topic with this place in `keys`.
    ///   - body: gets the readers in the order of the keys, with their places as tags, to be started next; or what kept them out.
    func join(
        _ keys: [TopicKey],
        for client: some Suspending,
        sink: any ReaderSink,
        startingAt start: @escaping (Int, Topic) -> ReaderStart,
        then body: @escaping (Result<[Reader], BrokerError>) -> Void
    ) {
        guard let principal = sink.principal else { return body(.failure(.denied)) }
        if let topics = self.broker.topicsAtHand(keys, for: .join, as: principal) {
            self.join(keys, topics, for: client, sink: sink, startingAt: start, then: body)
        } else {
            self.loadAndJoin(keys, as: principal, for: client, sink: sink, startingAt: start, then: body)
        }
    }

    private func loadAndJoin(
        _ keys: [TopicKey],
        as principal: Principal,
        for client: some Suspending,
        sink: any ReaderSink,
        startingAt start: @escaping (Int, Topic) -> ReaderStart,
        then body: @escaping (Result<[Reader], BrokerError>) -> Void
    ) {
        let broker = self.broker
        client.suspend {
            await broker.topics(keys, for: .join, as: principal)
        } then: { (topics: Result<[Topic], BrokerError>) in
            self.join(keys, topics, for: client, sink: sink, startingAt: start, then: body)
        }
    }

    private func join(
        _ keys: [TopicKey],
        _ found: Result<[Topic], BrokerError>,
        for client: some Suspending,
        sink: any ReaderSink,
        startingAt start: @escaping (Int, Topic) -> ReaderStart,
        then body: @escaping (Result<[Reader], BrokerError>) -> Void
    ) {
        let topics: [Topic]
        switch found {
        case .success(let found): topics = found
        case .failure(let error): return body(.failure(error))
        }
        // Where the loop has stopped, its connections are closed.
        guard let readers = client.loop.current?.readers else { return }
        switch readers.join(topics, starts: topics.enumerated().map(start), sink: sink) {
        case .joined(let joined): body(.success(joined))
        case .denied: body(.failure(.denied))
        // A topic can leave memory between its look-up and the join, but hardly ever twice in a row.
        case .moved: self.join(keys, for: client, sink: sink, startingAt: start, then: body)
        }
    }
}

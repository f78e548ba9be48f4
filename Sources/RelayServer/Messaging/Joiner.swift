import RelayAccess
import RelayCore

/// Readers that have joined the topics that a client asked for, and what they hold of their user's subscriptions.
struct JoinedReaders: ~Copyable {
    /// In the order of the keys, with their places as tags; to be started next.
    let readers: [Reader]
    let share: SubscriptionQuota.Share
}

/// Lets an edge's readers join topics: all that are asked for, or none.
///
/// A user's share of the subscriptions is taken before anything else. A client that is refused it has no topic loaded, nor read from the
/// store.
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

    /// What a client asks for.
    private struct Request {
        let keys: [TopicKey]
        let client: any Suspending
        let sink: any SessionSink
        let peer: String?
        let start: (Int, Topic) -> ReaderStart
        let body: (consuming Result<JoinedReaders, JoinRefusal>) -> Void
    }

    /// Holds a share while topics are loaded. Where their client leaves meanwhile it goes, and gives the share back.
    private final class HeldShare {
        private var share: SubscriptionQuota.Share?

        init(_ share: consuming SubscriptionQuota.Share) {
            self.share = consume share
        }

        func take() -> SubscriptionQuota.Share? { self.share.take() }
    }

    /// Has `sink` join topics, at once where all are in memory. The sink's user needs leave to read each of them.
    ///
    /// - Parameters:
    ///   - peer: as which peer of the topics the sink's user reads, as its client has named it; nil for none.
    ///   - client: on whose loop this is called; waits where a topic has to be read from the store.
    ///   - start: where to begin in the topic with this place in `keys`.
    ///   - body: gets the readers, or what kept them out. Never called where the client leaves before.
    func join(
        _ keys: [TopicKey],
        for client: any Suspending,
        sink: any SessionSink,
        as peer: String?,
        startingAt start: @escaping (Int, Topic) -> ReaderStart,
        then body: @escaping (consuming Result<JoinedReaders, JoinRefusal>) -> Void
    ) {
        let request = Request(keys: keys, client: client, sink: sink, peer: peer, start: start, body: body)
        do throws(JoinRefusal) {
            self.join(request, holding: try self.subscriptions.take(keys.count, for: sink.session.account))
        } catch {
            body(.failure(error))
        }
    }

    private func join(_ request: Request, holding share: consuming SubscriptionQuota.Share) {
        guard let principal = request.sink.principal?.acting(as: request.peer) else {
            return request.body(.failure(.broker(.denied)))
        }
        if let topics = self.broker.topicsAtHand(request.keys, for: .join, as: principal) {
            self.join(topics, request, holding: share)
        } else {
            self.loadAndJoin(request, as: principal, holding: share)
        }
    }

    private func loadAndJoin(
        _ request: Request,
        as principal: Principal,
        holding share: consuming SubscriptionQuota.Share
    ) {
        let broker = self.broker
        let keys = request.keys
        let held = HeldShare(share)
        request.client.suspend {
            await broker.topics(keys, for: .join, as: principal)
        } then: { (topics: Result<[Topic], BrokerError>) in
            guard let share = held.take() else { return }
            self.join(topics, request, holding: share)
        }
    }

    private func join(
        _ found: Result<[Topic], BrokerError>,
        _ request: Request,
        holding share: consuming SubscriptionQuota.Share
    ) {
        let topics: [Topic]
        switch found {
        case .success(let found): topics = found
        case .failure(let error): return request.body(.failure(.broker(error)))
        }
        // Where the loop has stopped, its connections are closed.
        guard let readers = request.client.loop.current?.readers else { return }
        switch readers.join(
            topics,
            starts: topics.enumerated().map(request.start),
            sink: request.sink,
            as: request.peer
        ) {
        case .joined(let joined): request.body(.success(JoinedReaders(readers: joined, share: share)))
        case .denied: request.body(.failure(.broker(.denied)))
        // A topic can leave memory between its look-up and the join, but hardly ever twice in a row.
        case .moved: self.join(request, holding: share)
        }
    }
}

import RelayAccess
import RelayCore

/// Readers that have joined the topics that a client asked for, and what they hold of their user's subscriptions.
struct JoinedReaders: ~Copyable {
    /// In the order of the keys, with their places as tags; to be started next.
    let readers: [Reader]
    /// Of a named reader, the places of topics that do not exist yet: it is made there by its first acknowledgement.
    let unmade: Set<Int>
    let share: SubscriptionQuota.Share
}

/// As which named reader a client reads, and what it says of its places.
struct NamedJoin {
    let name: ReaderName
    /// Whether the client brings a cursor for a topic: that goes before the reader's place.
    let bringsCursor: (Topic) -> Bool
    /// What it says that the reader is done with.
    var acknowledged: (Topic) -> Cursor? = { _ in nil }
}

/// Lets an edge's readers join topics: all that are asked for, or none.
///
/// A user's share of the subscriptions is taken before anything else. A client that is refused it has no topic loaded, nor read from the
/// store.
final class Joiner: Sendable {
    private let broker: Broker
    /// How many topics each user may follow.
    let subscriptions: SubscriptionQuota
    /// Where named readers go on.
    let cursors: ReaderCursors

    init(broker: Broker, cursors: ReaderCursors, subscriptions: SubscriptionQuota) {
        self.broker = broker
        self.cursors = cursors
        self.subscriptions = subscriptions
    }

    /// Which topics the names mean that clients give.
    var catalog: TopicCatalog { self.broker.catalog }

    /// Named readers are their user's: who holds a service token would move the places at which the user's own programs go on.
    private static let noNames = Refusal("A token limited to topics has no named readers")

    /// What a client asks for.
    fileprivate struct Request {
        let keys: [TopicKey]
        let client: any Suspending
        let sink: any SessionSink
        let peer: String?
        let named: NamedJoin?
        let start: (Int, Topic) -> ReaderStart
        /// Where the named reader stands in each topic, once that is known.
        var places: [ReaderPosition?]?
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
    ///   - named: as which named reader it reads; nil for none.
    ///   - client: on whose loop this is called; waits where a topic has to be read from the store.
    ///   - start: where to begin in the topic with this place in `keys`.
    ///   - body: gets the readers, or what kept them out. Never called where the client leaves before.
    func join(
        _ keys: [TopicKey],
        for client: any Suspending,
        sink: any SessionSink,
        as peer: String?,
        named: NamedJoin? = nil,
        startingAt start: @escaping (Int, Topic) -> ReaderStart,
        then body: @escaping (consuming Result<JoinedReaders, JoinRefusal>) -> Void
    ) {
        let request = Request(
            keys: keys,
            client: client,
            sink: sink,
            peer: peer,
            named: keys.isEmpty ? nil : named,
            start: start,
            body: body
        )
        do throws(JoinRefusal) {
            guard request.named == nil || sink.session.scope == nil else { throw .namedReader(.refused(Self.noNames)) }
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
        if let named = request.named, request.places == nil {
            return self.open(named, in: topics, request, holding: share)
        }
        // Where the loop has stopped, its connections are closed.
        guard let readers = request.client.loop.current?.readers else { return }
        switch readers.join(
            topics,
            starts: topics.enumerated().map { request.start(of: $1, at: $0) },
            sink: request.sink,
            as: request.peer
        ) {
        case .joined(let joined):
            let unmade = Set((request.places ?? []).indices.filter { request.places?[$0] == nil })
            request.body(.success(JoinedReaders(readers: joined, unmade: unmade, share: share)))
        case .denied: request.body(.failure(.broker(.denied)))
        // A topic can leave memory between its look-up and the join, but hardly ever twice in a row.
        case .moved: self.join(request, holding: share)
        }
    }

    /// Finds the places of a named reader, or makes it.
    private func open(
        _ named: NamedJoin,
        in topics: [Topic],
        _ request: Request,
        holding share: consuming SubscriptionQuota.Share
    ) {
        let (cursors, user) = (self.cursors, request.sink.userID)
        let openings = topics.enumerated().map { place, topic in
            ReaderCursors.Opening(
                topic: topic,
                start: request.start(place, topic),
                acknowledged: named.acknowledged(topic)
            )
        }
        let name = named.name
        let held = HeldShare(share)
        request.client.suspend { () async -> Result<[ReaderPosition?], BrokerError> in
            do throws(BrokerError) {
                return .success(try await cursors.open(openings, as: name, of: user))
            } catch {
                return .failure(error)
            }
        } then: { (found: Result<[ReaderPosition?], BrokerError>) in
            guard let share = held.take() else { return }
            switch found {
            case .success(let places):
                var request = request
                request.places = places
                // A topic may have left memory meanwhile, or its user may have lost it.
                self.join(request, holding: share)
            case .failure(.store(let error)): request.body(.failure(.broker(.store(error))))
            case .failure(let error): request.body(.failure(.namedReader(error)))
            }
        }
    }
}

extension Joiner.Request {
    fileprivate func start(of topic: Topic, at place: Int) -> ReaderStart {
        guard let named = self.named, !named.bringsCursor(topic), let position = self.places?[place] else {
            return self.start(place, topic)
        }
        return .cursor(position.cursor)
    }
}

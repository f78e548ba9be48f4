import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayPresence
import RelayWire

/// `POST /messages/poll`.
final class PollRoute: Route {
    private let access: RequestAccess
    private let joiner: Joiner
    private let presence: PresenceDesks
    private let clock: RelayClock
    private let maxTopics: Adjustable<Int>
    private let waiters: PollWaiters
    let metrics: EdgeMetrics

    /// - Parameter maxTopics: in one poll.
    init(
        access: RequestAccess,
        joiner: Joiner,
        presence: PresenceDesks,
        clock: RelayClock,
        maxTopics: Adjustable<Int>,
        waiters: PollWaiters,
        metrics: EdgeMetrics
    ) {
        self.access = access
        self.joiner = joiner
        self.presence = presence
        self.clock = clock
        self.maxTopics = maxTopics
        self.waiters = waiters
        self.metrics = metrics
    }

    /// Who may read is settled at the head.
    func admit(_ exchange: Exchange) {
        self.access.admitBody(exchange, requiring: .read, takingLimited: true)
    }

    func handle(_ exchange: Exchange) {
        self.access.admit(exchange, requiring: .read, takingLimited: true) { exchange, session, _ in
            do throws(RequestError) {
                let limits = PollRequest.Limits(maximumTopics: self.maxTopics.current)
                let request = try PollRequest(json: exchange.takeBody(), limits: limits)
                guard let keys = self.joiner.catalog.keys(ofPaths: request.topics, for: session.account.id) else {
                    throw .invalidTopicName(at: [.name("body"), .name("topics")])
                }
                let places = try self.places(request, for: session.account.id)
                self.poll(exchange, session, request, keys, places)
            } catch {
                exchange.answer(Reply(error))
            }
        }
    }

    /// Of which topics' presence the poll asks.
    private func places(_ request: PollRequest, for user: UserID) throws(RequestError) -> [PresenceDesk.Place] {
        var places: [PresenceDesk.Place] = []
        for wanted in request.presence {
            guard let key = self.joiner.catalog.key(ofPath: wanted.topic, for: user),
                PresenceTopic.hasPresence(key.name)
            else { throw .invalidTopicName(at: [.name("body"), .name("presence"), .name(wanted.topic)]) }
            places.append(PresenceDesk.Place(topic: key, since: wanted.cursor.map { Cursor(clientText: $0) }))
        }
        return places
    }

    private func poll(
        _ exchange: Exchange,
        _ session: Session,
        _ request: PollRequest,
        _ keys: [TopicKey],
        _ places: [PresenceDesk.Place]
    ) {
        guard let place = self.waiters.enter(session.account.id) else {
            return exchange.answer(Reply(.tooManyRequests, detail: "Too many concurrent poll connections"))
        }
        let poll = PollSession(exchange: exchange, session: session, route: self, place: place, keys: keys)
        guard !places.isEmpty else { return self.join(poll, request, keys) }
        poll.sit(at: places, among: self.presence, by: self.joiner) { result in
            switch result {
            case .success: self.join(poll, request, keys)
            case .failure(let refusal):
                poll.giveUp()
                exchange.answer(Reply(refusal))
            }
        }
    }

    private func join(_ poll: PollSession, _ request: PollRequest, _ keys: [TopicKey]) {
        let named = request.reader.flatMap { ReaderName($0) }.map { name in
            NamedJoin(name: name) {
                request.since[$0.name.rawValue] != nil
            } acknowledged: { topic in
                request.acknowledged[topic.name.rawValue].map { Cursor(clientText: $0) }
            }
        }
        self.joiner.join(keys, for: poll.exchange, sink: poll, as: request.clientID, named: named) { _, topic in
            self.start(of: topic, request)
        } then: { joined in
            switch consume joined {
            case .success(let joined): poll.start(joined, timeout: .nanoseconds(Int64(request.timeout * 1e9)))
            case .failure(let error):
                poll.giveUp()
                poll.exchange.answer(Reply(error))
            }
        }
    }

    /// Once a poll brings any cursor, its topics without one are read from their oldest message. Otherwise a consumer of several topics
    /// could lose the first message of a quiet one between two polls.
    private func start(of topic: Topic, _ request: PollRequest) -> ReaderStart {
        if let cursor = request.since[topic.name.rawValue] { return .cursor(Cursor(clientText: cursor)) }
        if !request.since.isEmpty { return .cursor(.oldest) }
        guard request.replayWindowSeconds > 0 else { return .tail }
        let from = self.clock.now().adding(seconds: -Int64(request.replayWindowSeconds))
        let before = MessageID(milliseconds: max(from.milliseconds, 1) - 1, sequence: .max)
        return .cursor(.after(max(before, topic.bounds.trimmedThrough)))
    }
}

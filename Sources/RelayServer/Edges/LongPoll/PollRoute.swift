import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire

/// `POST /messages/poll`.
enum PollRoute {
    /// Who may read is settled at the head.
    static func admit(_ exchange: Exchange, then next: @escaping (Exchange, Session, Principal) -> Void) {
        exchange.route = "/messages/poll"
        exchange.admit(requiring: .read, then: next)
    }

    static func handle(_ exchange: Exchange) {
        self.admit(exchange) { exchange, session, principal in
            let limits = exchange.services.limits
            do throws(RequestError) {
                let request = try PollRequest(
                    json: exchange.takeBody(),
                    limits: PollRequest.Limits(maximumTopics: limits.maxPollTopics)
                )
                self.begin(exchange, session, request, principal)
            } catch {
                exchange.answer(Reply(error))
            }
        }
    }

    private static func begin(
        _ exchange: Exchange,
        _ session: Session,
        _ request: PollRequest,
        _ principal: Principal
    ) {
        let services = exchange.services
        var keys: [TopicKey] = []
        for topic in request.topics {
            guard let key = services.broker.catalog.key(ofPath: topic, for: principal.id) else {
                return exchange.answer(Reply(RequestError.invalidTopicName(at: [.name("body"), .name("topics")])))
            }
            keys.append(key)
        }
        self.poll(exchange, session, request, keys, principal)
    }

    private static func poll(
        _ exchange: Exchange,
        _ session: Session,
        _ request: PollRequest,
        _ keys: [TopicKey],
        _ principal: Principal
    ) {
        exchange.withTopics(keys, for: principal) { exchange, topics in
            guard let loop = exchange.connection.loop else { return }
            let poll = PollSession(exchange: exchange, session: session, loop: loop, topics: topics)
            switch poll.join(zip(request.topics, topics).map { self.start(of: $0, $1, request, exchange.services) }) {
            case .joined: poll.start(timeout: .nanoseconds(Int64(request.timeout * 1e9)))
            case .denied: exchange.answer(Reply(BrokerError.denied))
            // A topic can leave memory between its look-up and the join, but hardly ever twice in a row.
            case .moved: self.poll(exchange, session, request, keys, principal)
            }
        }
    }

    /// Once a poll brings any cursor, its topics without one are read from their oldest message: a consumer of several
    /// topics must not lose the first message of a quiet one between two polls.
    private static func start(
        of name: String,
        _ topic: Topic,
        _ request: PollRequest,
        _ services: EdgeServices
    ) -> ReaderStart {
        if let cursor = request.since[name] { return .cursor(Cursor(clientText: cursor)) }
        if !request.since.isEmpty { return .cursor(.oldest) }
        guard request.replayWindowSeconds > 0 else { return .tail }
        let from = services.broker.clock.now().adding(seconds: -Int64(request.replayWindowSeconds))
        let before = MessageID(milliseconds: max(from.milliseconds, 1) - 1, sequence: .max)
        return .cursor(.after(max(before, topic.bounds.trimmedThrough)))
    }
}

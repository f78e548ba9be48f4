import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire

/// `GET /sse?topics=a,b`: topics as an event stream, for browsers' EventSource and for `curl -N`.
enum EventStreamRoute {
    /// Topics in one stream.
    static let maxTopics = 50

    static func handle(_ exchange: Exchange) {
        exchange.route = "/sse"
        guard exchange.services.gate.mayConnect(exchange.head) else {
            return exchange.answer(Reply(.forbidden, detail: "Origin not allowed"))
        }
        exchange.withSession(.headerSubprotocolOrQuery) { session in
            do throws(AccessError) {
                let now = exchange.services.broker.clock.now()
                self.begin(exchange, session, try session.principal(at: now, requiring: .read))
            } catch {
                exchange.refuse(error)
            }
        }
    }

    private static func begin(_ exchange: Exchange, _ session: Session, _ principal: Principal) {
        let request = EventStreamRequest(query: exchange.query, headers: exchange.head.headers)
        var keys: [TopicKey] = []
        for topic in request.topics {
            guard let key = exchange.services.broker.catalog.key(ofPath: topic, for: principal.id) else {
                return exchange.answer(Reply(RequestError.invalidTopicName(at: Self.place)))
            }
            if !keys.contains(key) { keys.append(key) }
        }
        guard (1...Self.maxTopics).contains(keys.count) else { return exchange.answer(Reply(Self.wrongCount)) }
        let start = EventStreamStart(
            lastEventID: request.lastEventID,
            offset: request.offset,
            topics: keys.map(\.name),
            epochs: request.epochs
        )
        self.open(exchange, session, keys, start, principal)
    }

    private static func open(
        _ exchange: Exchange,
        _ session: Session,
        _ keys: [TopicKey],
        _ start: EventStreamStart,
        _ principal: Principal
    ) {
        exchange.withTopics(keys, for: principal) { exchange, topics in
            guard let loop = exchange.connection.loop else { return }
            let stream = EventStreamSession(exchange: exchange, session: session, loop: loop, topics: topics)
            switch stream.join(start) {
            case .joined: stream.start()
            case .denied: exchange.answer(Reply(BrokerError.denied))
            case .moved: self.open(exchange, session, keys, start, principal)
            case .tooMany: exchange.answer(Reply(.tooManyRequests, detail: "Too many connections"))
            }
        }
    }

    private static let place: [ValidationIssue.Step] = [.name("query"), .name("topics")]
    private static let wrongCount = RequestError.invalid([
        ValidationIssue(type: "too_short", location: Self.place, message: "Name 1 to \(Self.maxTopics) topics")
    ])
}

import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire

/// `GET /sse?topics=a,b`: topics as an event stream, for browsers' EventSource and for `curl -N`.
final class EventStreamRoute: Route {
    /// Topics in one stream.
    static let maxTopics = 50

    private let access: RequestAccess
    let joiner: Joiner
    private let places: ConnectionQuota
    let metrics: EdgeMetrics

    init(access: RequestAccess, joiner: Joiner, places: ConnectionQuota, metrics: EdgeMetrics) {
        self.access = access
        self.joiner = joiner
        self.places = places
        self.metrics = metrics
    }

    func handle(_ exchange: Exchange) {
        self.access.admitReader(exchange, takingLimited: true) { exchange, session in
            do throws(RequestError) {
                let request = EventStreamRequest(query: exchange.query, headers: exchange.head.headers)
                guard let keys = self.joiner.catalog.keys(ofPaths: request.topics, for: session.account.id) else {
                    throw .invalidTopicName(at: Self.place)
                }
                guard (1...Self.maxTopics).contains(keys.count) else { throw Self.wrongCount }
                let start = EventStreamStart(request, topics: keys.map(\.name))
                let named = try request.reader.map { (text) throws(RequestError) in
                    guard let name = ReaderName(text) else {
                        throw .invalidReaderName(at: [.name("query"), .name("reader")])
                    }
                    return NamedJoin(name: name) { start.hasCursor(of: $0.name) }
                }
                self.open(exchange, session, keys, as: request.clientID, named, start)
            } catch {
                exchange.answer(Reply(error))
            }
        }
    }

    private func open(
        _ exchange: Exchange,
        _ session: Session,
        _ keys: [TopicKey],
        as peer: String?,
        _ named: NamedJoin?,
        _ start: EventStreamStart
    ) {
        guard let place = self.places.enter(session.account.id) else {
            return exchange.answer(Reply(.tooManyRequests, detail: "Too many connections"))
        }
        let stream = EventStreamSession(
            exchange: exchange,
            session: session,
            route: self,
            place: place,
            topics: keys.map(\.name),
            tellsEpochs: start.tellsEpochs
        )
        self.joiner.join(keys, for: exchange, sink: stream, as: peer, named: named) { _, topic in
            start.start(of: topic.name)
        } then: { joined in
            switch consume joined {
            case .success(let joined): stream.start(joined)
            case .failure(let error): exchange.answer(Reply(error))
            }
        }
    }

    private static let place: [ValidationIssue.Step] = [.name("query"), .name("topics")]
    private static let wrongCount = RequestError.invalid([
        ValidationIssue(
            type: "too_short",
            location: EventStreamRoute.place,
            message: "Name 1 to \(EventStreamRoute.maxTopics) topics"
        )
    ])
}

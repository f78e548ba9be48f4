import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire

/// `POST /api/v1/messages`: the hot path. For a known token and a topic in memory it runs to the answer without a task or a hop. No lock is
/// held for longer than a look-up.
final class PublishRoute: Route {
    private let access: RequestAccess
    private let publisher: Publisher

    init(access: RequestAccess, publisher: Publisher) {
        self.access = access
        self.publisher = publisher
    }

    /// Who may publish, and how often, is settled at the head.
    func admit(_ exchange: Exchange) {
        self.access.admitBody(exchange, requiring: .write, counting: .publish)
    }

    func handle(_ exchange: Exchange) {
        self.access.admit(exchange, requiring: .write, counting: .publish) { exchange, session, principal in
            do throws(RequestError) {
                let request = try PublishRequest(json: exchange.takeBody())
                let trace = PublishTrace(exchange.trace, metadata: request.metadata, self.publisher.tracer)
                let item = try self.publisher.httpItem(request, by: principal, session.account, trace)
                let key = try exchange.idempotencyKey(of: "single", principal)
                guard let peer = request.clientID else {
                    return self.publisher.publish(item, once: key, as: principal, for: exchange, (), trace)
                }
                self.publisher.publish(item, once: key, as: principal.acting(as: peer), for: exchange, (), trace)
            } catch {
                exchange.answer(Reply(error))
            }
        }
    }
}

extension Exchange: PublishClient {
    var publishStart: NIODeadline? { self.started }

    func published(_ result: Result<Publication, BrokerError>, in key: TopicKey, _: Void) {
        switch result {
        case .success(let stored):
            let receipt = PublishReceipt(id: stored.id, topic: key.name.rawValue, timestamp: stored.timestamp)
            var body = ByteBuffer()
            receipt.write(into: &body)
            self.answer(.published(.created, body, stored.durability))
        case .failure(let error):
            self.answer(Reply(error))
        }
    }

    /// What the request says not to publish twice; nil where it says nothing.
    ///
    /// - Parameter route: keys of one route are not those of another.
    func idempotencyKey(of route: String, _ principal: Principal) throws(RequestError) -> IdempotencyKey? {
        let fields = self.head.headers["idempotency-key"]
        guard let value = try IdempotencyKeyText.key(inHeader: fields) else { return nil }
        return IdempotencyKey(user: principal.id, route: route, value: value)
    }
}

extension Publisher {
    /// As ``item(_:by:_:)``, for a body that names the topic.
    func httpItem(
        _ request: PublishRequest,
        by principal: Principal,
        _ account: Account,
        _ trace: PublishTrace? = nil
    ) throws(RequestError) -> Broker.Item {
        if let item = self.item(request, by: principal, account, trace) { return item }
        throw .invalidTopicName(at: [.name("body"), .name("topic")])
    }
}

import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire

/// `POST /api/v1/messages/bulk`: up to a hundred messages, checked all together before the first is stored.
final class BulkPublishRoute: Route {
    private let access: RequestAccess
    private let publisher: Publisher

    init(access: RequestAccess, publisher: Publisher) {
        self.access = access
        self.publisher = publisher
    }

    /// Who may publish, and how often, is settled at the head.
    func admit(_ exchange: Exchange) {
        self.access.admitBody(exchange, requiring: .write, counting: .bulk)
    }

    func handle(_ exchange: Exchange) {
        self.access.admit(exchange, requiring: .write, counting: .bulk) { exchange, session, principal in
            do throws(RequestError) {
                let request = try BulkRequest(json: exchange.takeBody())
                let trace = PublishTrace(exchange.trace, metadata: nil, self.publisher.tracer)
                var items: [Broker.Item] = []
                items.reserveCapacity(request.messages.count)
                for message in request.messages {
                    items.append(try self.publisher.httpItem(message, by: principal, session.account, trace))
                }
                let peer = try Self.peer(of: request)
                let key = try exchange.idempotencyKey(of: "bulk", principal)
                self.publish(exchange, items, once: key, principal.acting(as: peer), trace)
            } catch {
                exchange.answer(Reply(error))
            }
        }
    }

    /// All messages are decided on together, so all are of one peer.
    private static func peer(of request: BulkRequest) throws(RequestError) -> String? {
        let peer = request.messages.first?.clientID
        for (index, message) in request.messages.enumerated() where message.clientID != peer {
            throw .invalid([
                ValidationIssue(
                    type: "value_error",
                    location: [.name("body"), .name("messages"), .index(index), .name("client_id")],
                    message: "Value error, all messages of a request are of the same client_id"
                )
            ])
        }
        return peer
    }

    private func publish(
        _ exchange: Exchange,
        _ items: [Broker.Item],
        once key: IdempotencyKey?,
        _ principal: Principal,
        _ trace: PublishTrace?
    ) {
        let publisher = self.publisher
        let start = exchange.started
        exchange.suspend {
            await publisher.publishAll(items, once: key, as: principal, since: start, trace)
        } then: { (result: Result<[Broker.Outcome], BrokerError>) in
            switch result {
            case .success(let outcomes): self.answer(exchange, outcomes)
            case .failure(let error): exchange.answer(Reply(error))
            }
        }
    }

    /// The weakest that any of the messages got.
    private static func least(_ outcomes: [Broker.Outcome]) -> Durability? {
        let reached = Set(outcomes.compactMap { (try? $0.result.get())?.durability })
        return Durability.allCases.first { reached.contains($0) }
    }

    private func answer(_ exchange: Exchange, _ outcomes: [Broker.Outcome]) {
        let results = outcomes.map { outcome in
            let topic = outcome.key.name.rawValue
            return switch outcome.result {
            case .success(let stored): BulkResponse.Result(topic: topic, outcome: .accepted(stored.id))
            case .failure(let error): BulkResponse.Result(topic: topic, outcome: .rejected(error.clientText))
            }
        }
        // A store that took nothing at all is an outage, not a partial success: the client is to try again.
        let firstError = outcomes.lazy.compactMap(\.error).first
        if let firstError, outcomes.allSatisfy({ $0.error != nil }) { return exchange.answer(Reply(firstError)) }
        let response = BulkResponse(results: results)
        var body = ByteBuffer()
        body.reserveCapacity(response.size)
        response.write(into: &body)
        exchange.answer(.published(.multiStatus, body, Self.least(outcomes) ?? self.publisher.broker.durability))
    }
}

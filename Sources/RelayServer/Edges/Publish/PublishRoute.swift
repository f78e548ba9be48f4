import NIOCore
import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire

/// `POST /api/v1/messages`: the hot path. For a known token and a topic in memory it runs to the answer without a task, a hop, or
/// a lock held for longer than a look-up.
enum PublishRoute {
    /// Who may publish, and how often, is settled at the head.
    static func admit(_ exchange: Exchange, then next: @escaping (Exchange, Session, Principal) -> Void) {
        exchange.route = "/api/v1/messages"
        exchange.admit(requiring: .write, counting: .publish, then: next)
    }

    static func handle(_ exchange: Exchange) {
        self.admit(exchange) { exchange, _, principal in
            do throws(RequestError) {
                let request = try PublishRequest(json: exchange.takeBody())
                let item = try Publishing.item(request, exchange, principal)
                let key = try Publishing.idempotencyKey(exchange, route: "single", principal)
                self.publish(exchange, item, once: key, principal)
            } catch {
                exchange.answer(Reply(error))
            }
        }
    }

    private static func publish(
        _ exchange: Exchange,
        _ item: Broker.Item,
        once key: IdempotencyKey?,
        _ principal: Principal
    ) {
        if let key { return self.publish(exchange, item, once: key, principal) }
        guard let eventLoop = exchange.connection.context?.eventLoop else { return }
        let broker = exchange.services.broker
        let bound = NIOLoopBound(exchange, eventLoop: eventLoop)
        let isDone = broker.publishNow(item, as: principal) { result in
            eventLoop.runOnLoop {
                if case .failure(.moved) = result {
                    self.publishSlowly(bound.value, item, principal)
                } else {
                    self.answer(bound.value, item.key, result)
                }
            }
        }
        if !isDone { self.publishSlowly(exchange, item, principal) }
    }

    /// With the store's help: the topic is not in memory, does not exist yet, or has changed hands.
    private static func publishSlowly(_ exchange: Exchange, _ item: Broker.Item, _ principal: Principal) {
        let broker = exchange.services.broker
        exchange.suspend {
            await broker.publishOne(item, as: principal)
        } then: { (exchange: Exchange, result: Result<Publication, BrokerError>) in
            self.answer(exchange, item.key, result)
        }
    }

    private static func publish(
        _ exchange: Exchange,
        _ item: Broker.Item,
        once key: IdempotencyKey,
        _ principal: Principal
    ) {
        let broker = exchange.services.broker
        exchange.suspend {
            await broker.publishOne(item, once: key, as: principal)
        } then: { (exchange: Exchange, result: Result<Broker.Outcome, BrokerError>) in
            switch result {
            case .success(let outcome): self.answer(exchange, outcome.key, outcome.result)
            case .failure(let error): self.answer(exchange, item.key, .failure(error))
            }
        }
    }

    private static func answer(
        _ exchange: Exchange,
        _ key: TopicKey,
        _ result: Result<Publication, BrokerError>
    ) {
        exchange.services.metrics.published(result)
        switch result {
        case .success(let stored):
            exchange.services.metrics.stored(1, in: key, since: exchange.started)
            let receipt = PublishReceipt(id: stored.id, topic: key.name.rawValue, timestamp: stored.timestamp)
            var body = ByteBuffer()
            body.reserveCapacity(receipt.size)
            receipt.write(into: &body)
            exchange.answer(.published(.created, body, stored.durability))
        case .failure(let error):
            exchange.answer(Reply(error))
        }
    }
}

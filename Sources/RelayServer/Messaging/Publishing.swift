import NIOHTTP1
import RelayAccess
import RelayCore
import RelayWire

/// What the publishing routes have in common.
enum Publishing {
    static func item(
        _ request: PublishRequest,
        _ exchange: Exchange,
        _ principal: Principal
    ) throws(RequestError) -> Broker.Item {
        let services = exchange.services
        guard let key = services.broker.catalog.key(ofPath: request.topic, for: principal.id) else {
            throw .invalidTopicName(at: [.name("body"), .name("topic")])
        }
        return Broker.Item(
            key: key,
            draft: Draft(request, at: services.broker.clock.now())
        )
    }

    static func idempotencyKey(
        _ exchange: Exchange,
        route: String,
        _ principal: Principal
    ) throws(RequestError) -> IdempotencyKey? {
        let fields = exchange.head.headers["idempotency-key"]
        guard let value = try IdempotencyKeyText.key(inHeader: fields) else { return nil }
        return IdempotencyKey(user: principal.id, route: route, value: value)
    }
}

extension Draft {
    init(_ request: PublishRequest, at now: Timestamp) {
        self.init(timestamp: now, payload: request.payload, metadata: request.metadata, ttl: request.ttl)
    }
}

import NIOCore
import RelayAccess
import RelayCore
import RelayWire

/// Who publishes, on its event loop.
protocol PublishClient: Suspending, SendableMetatype {
    /// Handed back with the result.
    associatedtype Ticket: Sendable

    /// When what it publishes came in; nil where that is not known.
    var publishStart: NIODeadline? { get }

    /// What came of a publish. Never called where the client had to be told that there is no room.
    ///
    /// - Parameter key: the topic that has the message: that of the first publish with the same idempotency key.
    func published(_ result: Result<Publication, BrokerError>, in key: TopicKey, _ ticket: Ticket)
}

/// Publishes single messages for every edge: at once where the topic is in memory, else with the store's help, and at most once where a key
/// says so.
final class Publisher: Sendable {
    let broker: Broker
    let metrics: EdgeMetrics

    init(broker: Broker, metrics: EdgeMetrics) {
        self.broker = broker
        self.metrics = metrics
    }

    /// What the broker is to publish; nil where no kind of topic has the name.
    ///
    /// - Parameter account: of the publisher; what waits for the store is counted as that user's.
    func item(_ request: PublishRequest, by principal: Principal, _ account: Account) -> Broker.Item? {
        self.broker.catalog.key(ofPath: request.topic, for: principal.id).map { key in
            let now = self.broker.clock.now()
            return Broker.Item(
                key: key,
                draft: Draft(
                    timestamp: now,
                    payload: request.payload,
                    format: request.isBinary ? .binary : .json,
                    metadata: request.metadata,
                    ttl: request.ttl,
                    publisher: account.load
                )
            )
        }
    }

    /// Publishes a message. To be called on the client's loop. The client is told the outcome on that loop, possibly before this returns.
    func publish<Client: PublishClient>(
        _ item: Broker.Item,
        once key: IdempotencyKey?,
        as principal: Principal,
        for client: Client,
        _ ticket: Client.Ticket
    ) {
        guard key == nil else { return self.publishSlowly(item, once: key, as: principal, for: client, ticket) }
        let eventLoop = client.loop.eventLoop
        let bound = NIOLoopBound(client, eventLoop: eventLoop)
        let isDone = self.broker.publishNow(item, as: principal) { result in
            eventLoop.runOnLoop {
                if case .failure(.moved) = result {
                    self.publishSlowly(item, once: nil, as: principal, for: bound.value, ticket)
                } else {
                    self.finish(result, in: item.key, for: bound.value, ticket)
                }
            }
        }
        if !isDone { self.publishSlowly(item, once: nil, as: principal, for: client, ticket) }
    }

    /// With the store's help: there is a key, or the topic is not in memory, does not exist yet, or has changed hands.
    private func publishSlowly<Client: PublishClient>(
        _ item: Broker.Item,
        once key: IdempotencyKey?,
        as principal: Principal,
        for client: Client,
        _ ticket: Client.Ticket
    ) {
        let start = client.publishStart
        client.suspend {
            let outcome = await self.broker.publishOne(item, once: key, as: principal)
            // Here, because nothing goes on for a client that has left.
            self.count(outcome.result, in: outcome.key, since: start)
            return outcome
        } then: { (outcome: Broker.Outcome) in
            client.published(outcome.result, in: outcome.key, ticket)
        }
    }

    /// Publishes messages together, each at most once where there is a key. What came of them is counted, also where nobody waits for it any
    /// more.
    ///
    /// - Parameter start: when they came in.
    func publishAll(
        _ items: [Broker.Item],
        once key: IdempotencyKey?,
        as principal: Principal,
        since start: NIODeadline
    ) async -> Result<[Broker.Outcome], BrokerError> {
        let result = await self.broker.publishAll(items, once: key, as: principal)
        switch result {
        case .success(let outcomes): self.metrics.stored(outcomes, since: start)
        case .failure(let error): for _ in items { self.metrics.published(.failure(error)) }
        }
        return result
    }

    private func finish<Client: PublishClient>(
        _ result: Result<Publication, BrokerError>,
        in key: TopicKey,
        for client: Client,
        _ ticket: Client.Ticket
    ) {
        self.count(result, in: key, since: client.publishStart)
        client.published(result, in: key, ticket)
    }

    private func count(_ result: Result<Publication, BrokerError>, in key: TopicKey, since start: NIODeadline?) {
        self.metrics.published(result)
        if case .success = result { self.metrics.stored(1, in: key, since: start) }
    }
}

import NIOCore
import RelayAccess
import RelayCore
import RelayTelemetry
import RelayWire
import Synchronization

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
    /// Begins spans. Off where nothing is traced; nil in tests that trace nothing.
    let tracer: Tracer?
    /// Whether readers are told of the trace that a message belongs to.
    private let carriesTraces: Atomic<Bool>

    init(broker: Broker, metrics: EdgeMetrics, tracer: Tracer? = nil, carriesTraces: Bool = true) {
        self.broker = broker
        self.metrics = metrics
        self.tracer = tracer
        self.carriesTraces = Atomic(carriesTraces)
    }

    /// Whether readers are told of traces from now on.
    func change(carriesTraces: Bool) { self.carriesTraces.store(carriesTraces, ordering: .relaxed) }

    /// What the broker is to publish; nil where no kind of topic has the name.
    ///
    /// - Parameters:
    ///   - account: of the publisher; what waits for the store is counted as that user's.
    ///   - trace: that it belongs to; nil for none.
    func item(
        _ request: PublishRequest,
        by principal: Principal,
        _ account: Account,
        _ trace: PublishTrace? = nil
    ) -> Broker.Item? {
        self.broker.catalog.key(ofPath: request.topic, for: principal.id).map { key in
            let now = self.broker.clock.now()
            return Broker.Item(
                key: key,
                draft: Draft(
                    timestamp: now,
                    payload: request.payload,
                    format: request.isBinary ? .binary : .json,
                    metadata: trace.map { self.metadata(request.metadata, $0) } ?? request.metadata,
                    ttl: request.ttl,
                    publisher: account.load
                )
            )
        }
    }

    private func metadata(_ metadata: ByteBuffer?, _ trace: PublishTrace) -> ByteBuffer? {
        self.carriesTraces.load(ordering: .relaxed) ? trace.carried(in: metadata) : metadata
    }

    /// Publishes a message. To be called on the client's loop. The client is told the outcome on that loop, possibly before this returns.
    func publish<Client: PublishClient>(
        _ item: Broker.Item,
        once key: IdempotencyKey?,
        as principal: Principal,
        for client: Client,
        _ ticket: Client.Ticket,
        _ trace: PublishTrace? = nil
    ) {
        guard key == nil else { return self.publishSlowly(item, once: key, as: principal, for: client, ticket, trace) }
        let append = trace?.storing()
        let eventLoop = client.loop.eventLoop
        let bound = NIOLoopBound(client, eventLoop: eventLoop)
        let isDone = self.broker.publishNow(item, as: principal) { result in
            append?.end()
            eventLoop.runOnLoop {
                if case .failure(.moved) = result {
                    self.publishSlowly(item, once: nil, as: principal, for: bound.value, ticket, trace)
                } else {
                    trace?.ended(in: item.key, result)
                    self.finish(result, in: item.key, for: bound.value, ticket)
                }
            }
        }
        if !isDone { self.publishSlowly(item, once: nil, as: principal, for: client, ticket, trace) }
    }

    /// With the store's help: there is a key, or the topic is not in memory, does not exist yet, or has changed hands.
    private func publishSlowly<Client: PublishClient>(
        _ item: Broker.Item,
        once key: IdempotencyKey?,
        as principal: Principal,
        for client: Client,
        _ ticket: Client.Ticket,
        _ trace: PublishTrace?
    ) {
        let start = client.publishStart
        client.suspend {
            let append = trace?.storing()
            let outcome = await self.broker.publishOne(item, once: key, as: principal)
            append?.end()
            trace?.ended(in: outcome.key, outcome.result)
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
    /// - Parameters:
    ///   - start: when they came in.
    ///   - trace: that all belong to; nil for none.
    func publishAll(
        _ items: [Broker.Item],
        once key: IdempotencyKey?,
        as principal: Principal,
        since start: NIODeadline,
        _ trace: PublishTrace? = nil
    ) async -> Result<[Broker.Outcome], BrokerError> {
        let append = trace?.storing()
        let result = await self.broker.publishAll(items, once: key, as: principal)
        append?.end()
        trace?.ended(items.count, result)
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

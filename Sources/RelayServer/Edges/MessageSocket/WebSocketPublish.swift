import RelayAccess
import RelayCore
import RelayWire

/// One publish that came over a WebSocket: what the broker is to do, and what its client is answered.
struct WebSocketPublish: Sendable {
    let item: Broker.Item
    let principal: Principal
    /// With one the publish always needs the store.
    let key: IdempotencyKey?
    private let frame: ClientFrame.PublishFrame

    /// - Throws: what the client is refused with.
    init(_ frame: ClientFrame.PublishFrame, by session: Session, _ services: EdgeServices) throws(FrameError) {
        let principal: Principal
        do throws(AccessError) {
            principal = try session.standing(requiring: .write)
        } catch {
            throw FrameError(message: error.detail, requestID: frame.requestID)
        }
        guard let key = services.broker.catalog.key(ofPath: frame.request.topic, for: principal.id) else {
            throw FrameError(message: "Invalid topic name", requestID: frame.requestID)
        }
        self.frame = frame
        self.principal = principal
        self.item = Broker.Item(
            key: key,
            draft: Draft(frame.request, at: services.broker.clock.now())
        )
        self.key = frame.idempotencyKey.map { IdempotencyKey(user: principal.id, route: "websocket", value: $0) }
    }

    /// Publishes with the store's help: with a key, or where the topic is not in memory, does not exist yet, or has changed hands.
    func slowly(by broker: Broker) async -> Outcome {
        guard let key = self.key else {
            return Outcome(topic: self.item.key, result: await broker.publishOne(self.item, as: self.principal))
        }
        return switch await broker.publishOne(self.item, once: key, as: self.principal) {
        case .success(let outcome): Outcome(topic: outcome.key, result: outcome.result)
        case .failure(let error): Outcome(topic: self.item.key, result: .failure(error))
        }
    }

    /// What came of it. The topic is that of the first publish with the same key.
    struct Outcome: Sendable {
        let topic: TopicKey
        let result: Result<Publication, BrokerError>
    }

    /// - Throws: what the client is refused with.
    func answer(to outcome: Outcome) throws(FrameError) -> ServerFrame {
        switch outcome.result {
        case .success(let stored):
            let receipt = PublishReceipt(
                id: stored.id,
                topic: outcome.topic.name.rawValue,
                timestamp: stored.timestamp,
                durability: stored.durability.rawValue
            )
            return .published(requestID: self.frame.requestID, receipt)
        case .failure(let error):
            throw FrameError(message: error.clientText, requestID: self.frame.requestID)
        }
    }
}

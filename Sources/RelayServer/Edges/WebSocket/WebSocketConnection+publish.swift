import NIOCore
import RelayAccess
import RelayCore
import RelayWire

/// Publishing over the socket.
extension WebSocketConnection {
    func publish(_ request: ClientFrame.PublishFrame) {
        let services = self.services
        let principal: Principal
        do throws(AccessError) {
            principal = try self.session.standing(requiring: .write)
        } catch {
            return self.refuse(request, error.detail)
        }
        guard let name = services.broker.catalog.resolve(request.request.topic) else {
            return self.refuse(request, "Invalid topic name")
        }
        let item = Broker.Item(
            key: services.scope.key(name, for: principal.id),
            draft: Draft(request.request, at: services.broker.clock.now())
        )
        if let key = request.idempotencyKey {
            let key = IdempotencyKey(user: principal.id, route: "websocket", value: key)
            return self.publish(request, item, once: key, as: principal)
        }
        let eventLoop = self.loop.eventLoop
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        self.publishBegan()
        let isDone = services.broker.publishNow(item, as: principal) { result in
            eventLoop.runOnLoop {
                if case .failure(.moved) = result {
                    bound.value.publishSlowly(request, item, as: principal)
                } else {
                    bound.value.published(request, item.key, result)
                }
            }
        }
        if !isDone { self.publishSlowly(request, item, as: principal) }
    }

    /// With the store's help: the topic is not in memory, does not exist yet, or has changed hands.
    private func publishSlowly(
        _ request: ClientFrame.PublishFrame,
        _ item: Broker.Item,
        as principal: Principal
    ) {
        let broker = self.services.broker
        self.suspend {
            await broker.publishOne(item, as: principal)
        } then: { (result: Result<Publication, BrokerError>) in
            self.published(request, item.key, result)
        }
    }

    private func publish(
        _ request: ClientFrame.PublishFrame,
        _ item: Broker.Item,
        once key: IdempotencyKey,
        as principal: Principal
    ) {
        let broker = self.services.broker
        self.publishBegan()
        self.suspend {
            await broker.publishOne(item, once: key, as: principal)
        } then: { (result: Result<Broker.Outcome, BrokerError>) in
            switch result {
            case .success(let outcome): self.published(request, outcome.key, outcome.result)
            case .failure(let error): self.published(request, item.key, .failure(error))
            }
        }
    }

    private func published(
        _ request: ClientFrame.PublishFrame,
        _ key: TopicKey,
        _ result: Result<Publication, BrokerError>
    ) {
        self.publishEnded()
        self.services.metrics.published(result)
        switch result {
        case .success(let stored):
            self.services.metrics.stored(1, in: key, since: nil)
            let receipt = PublishReceipt(
                id: stored.id,
                topic: key.name.rawValue,
                timestamp: stored.timestamp,
                durability: stored.durability.rawValue
            )
            self.send(.published(requestID: request.requestID, receipt))
        case .failure(let error):
            self.refuse(request, error.clientText)
        }
    }

    private func refuse(_ request: ClientFrame.PublishFrame, _ message: String) {
        self.send(ServerFrame.Failure(code: .processing, FrameError(message: message, requestID: request.requestID)))
    }
}

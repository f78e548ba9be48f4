import NIOCore
import RelayAccess
import RelayCore
import RelayWire
import Synchronization

/// Telling whether somebody reads a topic.
///
/// What is told is a state: where it changes and changes back between two looks, nothing is told. The state that the receiver knows is kept with
/// the webhook, so the last one arrives also after a restart.
extension WebhookRun {
    /// What a topic that somebody reads costs, in bytes: its place, and its lane.
    static let bytesPerReadTopic = 512

    /// Whether it was said once which of the webhook's topics have readers.
    var knowsReaders: Bool { self.state.withLock(\.knowsReaders) }

    /// Takes note of which of the webhook's topics have readers now.
    ///
    /// - Returns: whether the receiver knows all that there is to know: else it is to be called again, also where nothing changes.
    func found(readersOf topics: Set<TopicKey>) -> Bool {
        let (isNews, isSettled) = self.state.withLock { state in
            state.knowsReaders = true
            let news = state.occupancy.found(topics) {
                self.services.memory.hold(Self.bytesPerReadTopic, in: .readers)
            }
            for lane in news.map({ WebhookLane.readers($0) }) {
                state.lanes.add(lane)
                state.lanes.wake(lane)
            }
            return (!news.isEmpty, state.occupancy.isSettled(in: topics))
        }
        if isNews { self.wakeLoop() }
        return isSettled
    }

    /// Tells the receiver what it does not know yet of a topic's readers.
    func tellReaders(of key: TopicKey) async -> DeliveryLanes<WebhookLane>.Outcome {
        guard let event = self.state.withLock({ $0.occupancy.news(of: key) }) else {
            self.forgetReaders(of: key)
            return .idle
        }
        do {
            guard let owner = try await self.owner() else { return .idle }
            guard self.webhook.definition.events.contains(event), try await self.mayRead(key, owner) else {
                return self.settle(event, of: key)
            }
        } catch {
            return .hindered
        }
        guard self.hasLease else { return .hindered }
        var data = ByteBuffer(string: #"{"topic":"#)
        data.writeJSONString(key.name.rawValue)
        data.writeStaticString(#","timestamp":"#)
        data.writeJSONString(self.services.clock.now().description)
        data.writeStaticString("}")
        var body = DeliveryBody(webhook: self.webhook.id, topic: key.name)
        body.add(event.rawValue, json: data)
        if let failure = await self.post(body.finish(), of: key, events: 1) { return failure }
        return self.settle(event, of: key)
    }

    private func mayRead(_ key: TopicKey, _ owner: Principal) async throws(BrokerError) -> Bool {
        do throws(BrokerError) {
            _ = try await self.services.broker.topic(key, for: .look, as: owner)
            return true
        } catch {
            switch error {
            case .denied, .missing: return false
            case .exists, .moved, .refused, .quota, .full, .overloaded, .tooManyWaiting, .store: throw error
            }
        }
    }

    private func settle(_ event: WebhookEvent, of key: TopicKey) -> DeliveryLanes<WebhookLane>.Outcome {
        self.state.withLock { state in
            state.occupancy.settle(event, of: key)
            let names = state.occupancy.told
            if state.health.occupied != names {
                state.health.occupied = names
                state.isDirty = true
            }
        }
        self.forgetReaders(of: key)
        return .delivered(hasMore: self.state.withLock { $0.occupancy.news(of: key) != nil })
    }

    private func forgetReaders(of key: TopicKey) {
        self.state.withLock { state in
            if state.occupancy.forget(key) { state.lanes.remove(.readers(key)) }
        }
    }
}

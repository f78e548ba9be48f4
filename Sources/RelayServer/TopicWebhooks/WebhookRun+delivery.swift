import NIOCore
import RelayAccess
import RelayCore
import RelayWire
import Synchronization

extension WebhookRun {
    /// Messages of one POST, at most.
    private static let mostMessages = 100
    /// Bytes of these, at most, unless the first alone has more.
    private static let mostBytes = 256 << 10

    /// Delivers what a topic has next, once.
    func turn(_ key: TopicKey, _ watch: TopicWatch) async -> DeliveryLanes<WebhookLane>.Outcome {
        do {
            guard let owner = try await self.owner() else { return .idle }
            return try await self.turn(key, watch, as: owner)
        } catch let error as BrokerError {
            return self.outcome(of: error, key, watch)
        } catch {
            return .hindered
        }
    }

    private func turn(
        _ key: TopicKey,
        _ watch: TopicWatch,
        as owner: Principal
    ) async throws(BrokerError) -> DeliveryLanes<WebhookLane>.Outcome {
        guard let (topic, found) = try await self.open(key, watch, as: owner) else { return .hindered }
        guard let position = found else { return .idle }
        guard let charge = self.services.memory.hold(2 * Self.mostBytes, in: .waiting) else { return .hindered }
        defer { withExtendedLifetime(charge) {} }
        watch.rearm(topic)
        let page = try await self.services.broker.history(
            of: key,
            .ascending,
            cursor: position.cursor,
            limit: Self.mostMessages,
            maxBytes: Self.mostBytes,
            as: owner
        )
        guard let last = page.last else { return .idle }
        return try await self.deliver(page, of: topic, upTo: ReaderPosition(epoch: page.epoch, id: last))
    }

    private func deliver(
        _ page: Broker.HistoryPage,
        of topic: Topic,
        upTo position: ReaderPosition
    ) async throws(BrokerError) -> DeliveryLanes<WebhookLane>.Outcome {
        let told = self.told(page, of: topic)
        guard page.gap != nil || !told.isEmpty else {
            try await self.acknowledge(position, of: topic)
            return .delivered(hasMore: true)
        }
        let (body, events) = self.body(told, page.gap, of: topic.key.name)
        guard let charge = self.services.memory.hold(body.readableBytes, in: .waiting), self.hasLease else {
            return .hindered
        }
        defer { withExtendedLifetime(charge) {} }
        if let failure = await self.post(body, of: topic.key, events: events, about: told.map(\.message)) {
            return failure
        }
        try await self.acknowledge(position, of: topic)
        return .delivered(hasMore: true)
    }

    /// - Parameter messages: those that it tells of.
    /// - Returns: what came of it where the receiver has not taken it.
    func post(
        _ body: ByteBuffer,
        of key: TopicKey,
        events: Int,
        about messages: [Message] = []
    ) async -> DeliveryLanes<WebhookLane>.Outcome? {
        let definition = self.webhook.definition
        let signature = DeliverySignature(of: body, under: definition.secret, at: self.services.clock.now())
        let trace = DeliveryTrace(of: messages, self.services.tracer)
        let answer = await self.services.poster.post(
            body,
            to: definition.url,
            signature.headers + trace.headers,
            for: self.webhook.user
        )
        trace.ended(answer, of: key, events: events)
        switch answer {
        case .status(200..<300, _):
            self.note("HTTP status \(Self.number(answer))", isSuccess: true)
            self.services.counts.delivered(events)
            return nil
        case .status(410, _):
            self.note("HTTP status 410", isSuccess: false)
            self.services.counts.failed()
            self.end(.dead("The receiver is gone for good: HTTP status 410"))
            return .failed(pause: nil)
        case .status(let status, let pause):
            self.note("HTTP status \(status)", isSuccess: false)
            self.services.counts.failed()
            return .failed(pause: pause)
        case .hindered: return .hindered
        case .none(let reason):
            self.note(reason, isSuccess: false)
            self.services.counts.failed()
            return .failed(pause: nil)
        }
    }

    private static func number(_ answer: WebhookPoster.Answer) -> Int {
        if case .status(let status, _) = answer { status } else { 0 }
    }

    /// The messages of a page that its receiver wants, and which events they are.
    private func told(_ page: Broker.HistoryPage, of topic: Topic) -> [(event: WebhookEvent, message: Message)] {
        let events = WebhookEvents(topic)
        return page.messages.map { (event: events.event(of: $0), message: $0) }
            .filter { self.webhook.definition.events.contains($0.event) }
    }

    private func body(
        _ told: [(event: WebhookEvent, message: Message)],
        _ gap: Gap?,
        of name: TopicName
    ) -> (body: ByteBuffer, events: Int) {
        var body = DeliveryBody(webhook: self.webhook.id, topic: name)
        if let gap { body.add("gap", .gap(GapFields(gap, of: name))) }
        for (event, message) in told { body.add(event.rawValue, .message(message.fields(of: name))) }
        let count = body.events
        return (body.finish(), count)
    }

    /// Moves the reader on, for good, before more is posted.
    private func acknowledge(_ position: ReaderPosition, of topic: Topic) async throws(BrokerError) {
        guard let reader = self.reader else { return }
        let named = NamedReader(topic: topic.key, user: self.webhook.user, name: reader)
        _ = try await self.services.cursors.acknowledgeDurably(position, of: named, makesReader: true)
        let now = self.services.clock.uptime()
        self.state.withLock { state in
            state.places[topic.key]?.position = position
            state.places[topic.key]?.usedAt = now
        }
    }

    private func outcome(
        of error: BrokerError,
        _ key: TopicKey,
        _ watch: TopicWatch
    ) -> DeliveryLanes<WebhookLane>.Outcome {
        switch error {
        case .denied, .missing:
            // What the user may not read any more, or what is gone, is looked for again with the next search.
            self.drop(key, watch)
            return .idle
        case .quota:
            self.note("its user, or the topic, has too many named readers", isSuccess: false)
            return .failed(pause: nil)
        case .exists, .moved, .refused, .full, .overloaded, .tooManyWaiting, .store: return .hindered
        }
    }
}

import NIOCore
import RelayAccess
import RelayCore
import RelayWire

/// What a client's text frames ask for.
extension WebSocketConnection {
    /// One topic that the client follows.
    struct Subscription {
        let reader: Reader
        let name: TopicName
    }

    func handle(_ text: ByteBuffer) {
        let isFirst = if case .fresh = self.phase { true } else { false }
        do throws(ClientFrameError) {
            switch try ClientFrame.decode(text, isFirst: isFirst) {
            case .subscribe(let request): self.subscribe(request)
            case _ where isFirst: self.refuseFirst("The first frame must subscribe")
            case .unsubscribe(let topics): self.unsubscribe(topics)
            case .ack: break
            case .ping: self.send(ServerFrame.text { ServerJSON.writePong(at: self.services.broker.clock.now(), into: &$0) })
            case .publish(let request): self.publish(request)
            case .unknown(let type): self.sendError(.unknownType, "Unknown message type: \(type.prefix(64))")
            }
        } catch {
            if isFirst { self.refuseFirst(error.message) } else { self.sendError(.processing, error.message) }
        }
    }

    private func refuseFirst(_ message: String) {
        self.sendError(.subscription, message)
        self.close(.normalClosure, "")
    }

    func sendError(_ code: ErrorFrameCode, _ message: String, requestID: ByteBuffer? = nil) {
        self.send(
            ServerFrame.text { ServerJSON.writeError(code.rawValue, message, requestID: requestID, into: &$0) }
        )
    }

    /// The stable codes of `error` frames.
    enum ErrorFrameCode: String {
        case subscription = "SUBSCRIPTION_ERROR"
        case unknownType = "UNKNOWN_MESSAGE_TYPE"
        case processing = "PROCESSING_ERROR"
        case publish = "PUBLISH_ERROR"
    }

    // MARK: Subscribing

    private func subscribe(_ request: SubscribeRequest) {
        var names: [TopicName] = []
        for topic in request.topics {
            guard let name = self.services.broker.catalog.resolve(topic) else {
                return self.deny("Invalid topic name")
            }
            if self.subscriptions[name] == nil, !names.contains(name) { names.append(name) }
        }
        guard self.subscriptions.count + names.count <= Self.maxSubscriptions else {
            return self.sendError(.subscription, "Too many topics on one connection")
        }
        self.withTopics(names) { topics in self.join(names, topics, request) }
    }

    /// Topics that one connection may follow.
    static let maxSubscriptions = 1_000

    private func join(_ names: [TopicName], _ topics: [Topic], _ request: SubscribeRequest) {
        guard let readers = self.loop.current?.readers else { return }
        var joined: [Subscription] = []
        for (name, topic) in zip(names, topics) {
            switch readers.join(topic, start: request.start(of: name.rawValue), tag: 0, sink: self) {
            case .joined(let reader):
                joined.append(Subscription(reader: reader, name: name))
            case .denied:
                for subscription in joined { readers.leave(subscription.reader) }
                return self.deny("Access denied to one or more requested topics")
            case .moved:
                // A topic can leave memory between its look-up and the join, but hardly ever twice in a row.
                for subscription in joined { readers.leave(subscription.reader) }
                return self.withTopics(names) { topics in self.join(names, topics, request) }
            }
        }
        for subscription in joined {
            self.subscriptions[subscription.name] = subscription
            self.order.append(subscription.name)
        }
        self.confirm(request)
        for subscription in joined { readers.start(subscription.reader) }
    }

    private func confirm(_ request: SubscribeRequest) {
        let isFirst = if case .fresh = self.phase { true } else { false }
        let topics = isFirst ? request.topics : self.order.map(\.rawValue)
        let cursors = self.order.compactMap { name in
            self.subscriptions[name].map { (topic: name.rawValue, id: $0.reader.cursor) }
        }
        let now = self.services.broker.clock.now()
        self.phase = .open
        self.send(
            ServerFrame.text {
                ServerJSON.writeSubscribed(topics, cursors: cursors, sessionID: Self.newSessionID(), at: now, into: &$0)
            }
        )
    }

    private static func newSessionID() -> String {
        let number = String(UInt64.random(in: 0..<(1 << 48)), radix: 16)
        return "sess_" + String(repeating: "0", count: 12 - number.count) + number
    }

    /// A denied first subscription ends the connection, a later one does not.
    private func deny(_ message: String) {
        self.sendError(.subscription, message)
        if case .fresh = self.phase { self.close(.normalClosure, "") }
    }

    private func unsubscribe(_ topics: [String]) {
        for topic in topics {
            guard let name = self.services.broker.catalog.resolve(topic), let subscription = self.subscriptions[name]
            else { continue }
            self.loop.current?.readers.leave(subscription.reader)
            self.forget(name)
        }
    }

    private func forget(_ name: TopicName) {
        self.subscriptions[name] = nil
        self.order.removeAll { $0 == name }
    }

    private func withTopics(_ names: [TopicName], _ body: @escaping ([Topic]) -> Void) {
        let broker = self.services.broker
        let keys = names.map { self.services.scope.key($0, for: self.userID) }
        let resident = keys.compactMap { broker.residentTopic($0) }
        if resident.count == keys.count { return body(resident) }
        self.suspend {
            await broker.topics(keys)
        } then: { (topics: Result<[Topic], StoreError>) in
            switch topics {
            case .success(let topics): body(topics)
            case .failure: self.close(.unexpectedServerError, "Storage temporarily unavailable")
            }
        }
    }

    /// Does something that suspends while later frames wait, and goes on on the loop.
    func suspend<Value: Sendable>(
        _ work: @escaping @Sendable () async -> Value,
        then body: @escaping (Value) -> Void
    ) {
        self.beginWork()
        let eventLoop = self.loop.eventLoop
        let bound = NIOLoopBound((connection: self, body: body), eventLoop: eventLoop)
        self.services.lane.run {
            let value = await work()
            eventLoop.execute {
                if !bound.value.connection.isOver { bound.value.body(value) }
                bound.value.connection.endWork()
            }
        }
    }

    private var isOver: Bool {
        switch self.phase {
        case .fresh, .open: false
        case .closing, .closed: true
        }
    }
}

// MARK: - Delivery

extension WebSocketConnection: ReaderSink {
    var principal: Principal? { self.session.standingPrincipal(requiring: .read) }

    func capacity(for reader: Reader) -> Int {
        self.context?.channel.isWritable == true ? .max : 0
    }

    func deliver(_ gap: Gap, to reader: Reader) {
        self.write(ServerFrame.text { ServerJSON.writeGap(gap, of: reader.topic.name.rawValue, into: &$0) })
    }

    func deliver(_ batch: Batch, to reader: Reader) {
        self.services.metrics.delivered(batch.messages.count, by: .webSocket)
        self.write(batch.encoded(as: WebSocketBatch.self))
    }

    private func write(_ bytes: ByteBuffer) {
        self.context?.write(self.wrapOutboundOut(bytes), promise: nil)
    }

    func readerSettled(_ reader: Reader) {}

    func readerEnded(_ reader: Reader, _ reason: ReaderEnd) {
        let name = reader.topic.name
        self.forget(name)
        switch reason {
        case .accessLost: self.sendError(.subscription, "Access to topic '\(name)' was withdrawn")
        case .topicDeleted: self.sendError(.subscription, "Topic '\(name)' was deleted")
        case .storeFailed: self.close(.unexpectedServerError, "Storage temporarily unavailable")
        }
    }

    func flush() {
        self.context?.flush()
    }
}

/// A batch as WebSocket text frames, one a message.
enum WebSocketBatch: BatchFormat {
    static func encode(_ messages: [Message], of topic: TopicName) -> ByteBuffer {
        ServerFrame.messages(messages.map { $0.fields(of: topic) })
    }
}

import NIOCore
import NIOWebSocket
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
        do throws(FrameError) {
            switch try ClientFrame(json: text, isFirst: isFirst) {
            case .subscribe(let request): self.subscribe(request)
            case _ where isFirst: self.deny("The first frame must subscribe")
            case .unsubscribe(let topics): self.unsubscribe(topics)
            case .acknowledge: break
            case .ping: self.send(.pong(self.services.broker.clock.now()))
            case .publish(let request): self.publish(request)
            case .authenticate(let token): self.authenticate(token)
            case .unknown(let type): self.sendError(.unknownType, "Unknown message type: \(type)")
            }
        } catch {
            if isFirst { self.deny(error.message) } else { self.send(ServerFrame.Failure(code: .processing, error)) }
        }
    }

    func sendError(_ code: ServerFrame.Failure.Code, _ message: String) {
        self.send(ServerFrame.Failure(code: code, message: message))
    }

    /// Every `error` frame goes this way, so that each is counted.
    func send(_ failure: ServerFrame.Failure) {
        self.services.metrics.failed(.webSocket, code: failure.code.rawValue)
        self.send(.error(failure))
    }

    // MARK: Renewing the token

    private func authenticate(_ token: String) {
        let now = self.services.broker.clock.now()
        let authenticator = self.services.authenticator
        switch authenticator.cached(token, at: now) {
        case .session(let session): return self.adopt(session)
        case .refused(let error): return self.sendError(.authentication, error.detail)
        case nil: break
        }
        self.suspend {
            do throws(AccessError) {
                return .success(try await authenticator.authenticate(token, at: now))
            } catch {
                return .failure(error)
            }
        } then: { (result: Result<Session, AccessError>) in
            switch result {
            case .success(let session): self.adopt(session)
            case .failure(let error): self.sendError(.authentication, error.detail)
            }
        }
    }

    private func adopt(_ session: Session) {
        guard session.account.id == self.userID else {
            return self.sendError(.authentication, "The token is another user's")
        }
        self.session = session
        self.expiry = TokenExpiry()
        self.send(.authenticated(until: session.expiresAt))
    }

    func checkExpiry(at now: Timestamp) {
        switch self.expiry.tick(at: now, expiresAt: self.session.expiresAt) {
        case .nothing: break
        case .warn: self.send(.tokenExpiring(at: self.session.expiresAt))
        case .end: self.close(.tokenExpired, "The access token has expired")
        }
    }

    // MARK: Subscribing

    private func subscribe(_ request: SubscribeFrame) {
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

    private func join(_ names: [TopicName], _ topics: [Topic], _ request: SubscribeFrame) {
        guard let readers = self.loop.current?.readers else { return }
        var joined: [Subscription] = []
        for (name, topic) in zip(names, topics) {
            switch readers.join(topic, start: request.start(of: name), tag: 0, sink: self) {
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
        self.confirm(request, readers)
        for subscription in joined { readers.start(subscription.reader) }
    }

    private func confirm(_ request: SubscribeFrame, _ readers: LoopReaders) {
        let isFirst = if case .fresh = self.phase { true } else { false }
        let topics = isFirst ? request.topics : self.order.map(\.rawValue)
        var cursors: [String: MessageID] = [:]
        var epochs: [String: String] = [:]
        for (name, subscription) in self.subscriptions {
            cursors[name.rawValue] = readers.cursor(of: subscription.reader)
            epochs[name.rawValue] = subscription.reader.toldEpoch.flatMap(StreamEpoch.told)
        }
        self.phase = .open
        self.send(
            .subscribed(
                .init(
                    topics: topics,
                    sessionID: self.sessionID,
                    timestamp: self.services.broker.clock.now(),
                    cursors: cursors,
                    epochs: epochs
                )
            )
        )
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
        let isRunning = self.services.lane.run {
            let value = await work()
            eventLoop.execute {
                if !bound.value.connection.isOver { bound.value.body(value) }
                bound.value.connection.endWork()
            }
        }
        if !isRunning { self.close(.unexpectedServerError, "Server is overloaded, try again later") }
    }

    private var isOver: Bool {
        switch self.phase {
        case .fresh, .open: false
        case .closing, .closed: true
        }
    }
}

extension WebSocketErrorCode {
    /// The relay's own: come again with another token.
    static let tokenExpired = WebSocketErrorCode(codeNumber: 4001)
}

// MARK: - Delivery

extension WebSocketConnection: ReaderSink {
    var principal: Principal? { self.session.standingPrincipal(requiring: .read) }

    func capacity(for reader: Reader) -> Int {
        self.isWritable && self.context != nil ? .max : 0
    }

    func deliver(_ gap: Gap, to reader: Reader) {
        self.write(WebSocketBatch.frame(.gap(GapFields(gap, of: reader.topic.name))))
    }

    func deliver(_ batch: Batch, to reader: Reader) {
        self.services.metrics.delivered(batch.messages.count, by: .webSocket)
        self.delivered()
        self.write(batch.encoded(as: WebSocketBatch.self))
    }

    func readerEnded(_ reader: Reader, _ reason: ReaderEnd) {
        let name = reader.topic.name
        self.forget(name)
        switch reason {
        case .accessLost: self.sendError(.subscription, "Access to topic '\(name)' was withdrawn")
        case .topicDeleted: self.sendError(.subscription, "Topic '\(name)' was deleted")
        case .storeFailed: self.close(.unexpectedServerError, "Storage temporarily unavailable")
        }
    }

}

/// A batch as WebSocket text frames, one a message.
enum WebSocketBatch: BatchFormat {
    static func encode(_ messages: [Message], of topic: TopicName) -> ByteBuffer {
        if messages.count == 1 { return self.frame(.message(messages[0].fields(of: topic))) }
        let frames = messages.map { ServerFrame.message($0.fields(of: topic)) }
        var bytes = ByteBuffer()
        bytes.reserveCapacity(frames.reduce(0) { $0 + $1.framedSize })
        for frame in frames { frame.writeFramed(into: &bytes) }
        return bytes
    }

    static func frame(_ frame: ServerFrame) -> ByteBuffer {
        var bytes = ByteBuffer()
        frame.writeFramed(into: &bytes)
        return bytes
    }
}

extension SubscribeFrame {
    /// Where the client wants to begin in a topic: at its cursor, or as the frame's offset says.
    func start(of topic: TopicName) -> ReaderStart {
        if let cursor = self.cursors[topic.rawValue] { return .cursor(Cursor(clientText: cursor)) }
        return ReaderStart(offset: self.offset ?? "")
    }
}

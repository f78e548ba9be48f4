import NIOCore
import NIOWebSocket
import RelayAccess
import RelayCore
import RelayWire

/// What a WebSocket's client and the relay say to each other: subscribing, publishing, renewing the token, and the messages of the topics
/// that the client follows. Lives on its connection's loop, and keeps no messages: what the socket does not take stays in the stream.
final class WebSocketConversation {
    /// Set before anything is said, and nil once it is gone: what was under way then may still come back to this object. The two hold each
    /// other until then.
    var connection: WebSocketConnection?

    /// Of the token that the connection was opened with, or of the last that an auth frame brought.
    private var session: Session
    private var expiry = TokenExpiry()
    private let services: EdgeServices
    private let loop: DeliveryLoop
    /// Names the connection to its client.
    private let sessionNumber = UInt64.random(in: 0..<(1 << 48))
    private var subscriptions = WebSocketSubscriptions()
    /// Whether the first frame, which must subscribe, has done so.
    private(set) var isSubscribed = false

    init(session: Session, services: EdgeServices, loop: DeliveryLoop) {
        self.session = session
        self.services = services
        self.loop = loop
    }

    private var sessionID: String {
        let digits = String(self.sessionNumber, radix: 16)
        return "sess_" + String(repeating: "0", count: 12 - digits.count) + digits
    }

    /// No more messages: the connection closes, or is gone.
    func end() {
        for reader in self.subscriptions.removeAll() { self.loop.current?.readers.leave(reader) }
    }

    // MARK: Frames

    func handle(_ text: ByteBuffer) {
        let isFirst = !self.isSubscribed
        do throws(FrameError) {
            switch try ClientFrame(json: text, isFirst: isFirst) {
            case .subscribe(let request): self.subscribe(request)
            case _ where isFirst: self.deny("The first frame must subscribe")
            case .unsubscribe(let topics): self.unsubscribe(topics)
            case .acknowledge: break
            case .ping: self.connection?.send(.pong(self.services.broker.clock.now()))
            case .publish(let frame): self.publish(frame)
            case .authenticate(let token): self.authenticate(token)
            case .unknown(let type): self.sendError(.unknownType, "Unknown message type: \(type)")
            }
        } catch {
            if isFirst { self.deny(error.message) } else { self.send(ServerFrame.Failure(code: .processing, error)) }
        }
    }

    func refuseBinary() { self.sendError(.processing, "Binary messages are not supported") }

    private func sendError(_ code: ServerFrame.Failure.Code, _ message: String) {
        self.send(ServerFrame.Failure(code: code, message: message))
    }

    /// Every `error` frame goes this way, so that each is counted.
    private func send(_ failure: ServerFrame.Failure) {
        self.services.metrics.failed(.webSocket, code: failure.code.rawValue)
        self.connection?.send(.error(failure))
    }
}

// MARK: - Subscribing

extension WebSocketConversation {
    private func subscribe(_ request: SubscribeFrame) {
        var keys: [TopicKey] = []
        for topic in request.topics {
            guard let key = self.services.broker.catalog.key(ofPath: topic, for: self.userID) else {
                return self.deny("Invalid topic name")
            }
            if !self.subscriptions.contains(key.name), !keys.contains(key) { keys.append(key) }
        }
        guard self.subscriptions.count + keys.count <= WebSocketSubscriptions.limit else {
            return self.sendError(.subscription, "Too many topics on one connection")
        }
        self.join(keys, request)
    }

    private func join(_ keys: [TopicKey], _ request: SubscribeFrame) {
        self.withTopics(keys) { topics in
            guard let readers = self.loop.current?.readers else { return }
            switch readers.join(topics, starts: keys.map { request.start(of: $0.name) }, sink: self) {
            case .joined(let joined):
                self.subscriptions.add(joined)
                self.confirm(request, readers)
                for reader in joined { readers.start(reader) }
            case .denied: self.deny(Self.denial)
            // A topic can leave memory between its look-up and the join, but hardly ever twice in a row.
            case .moved: self.join(keys, request)
            }
        }
    }

    private func confirm(_ request: SubscribeFrame, _ readers: LoopReaders) {
        let topics = !self.isSubscribed ? request.topics : self.subscriptions.names.map(\.rawValue)
        let told = self.subscriptions.told(by: readers)
        self.isSubscribed = true
        self.connection?.send(
            .subscribed(
                .init(
                    topics: topics,
                    sessionID: self.sessionID,
                    timestamp: self.services.broker.clock.now(),
                    cursors: told.cursors,
                    epochs: told.epochs
                )
            )
        )
    }

    private static let denial = "Access denied to one or more requested topics"

    /// A denied first subscription ends the connection, a later one does not.
    private func deny(_ message: String) {
        self.sendError(.subscription, message)
        if !self.isSubscribed { self.connection?.close(.normalClosure, "") }
    }

    private func unsubscribe(_ topics: [String]) {
        for topic in topics {
            guard let key = self.services.broker.catalog.key(ofPath: topic, for: self.userID),
                let reader = self.subscriptions.remove(key.name)
            else { continue }
            self.loop.current?.readers.leave(reader)
        }
    }

    private func withTopics(_ keys: [TopicKey], _ body: @escaping ([Topic]) -> Void) {
        guard let principal = self.principal else { return self.deny(Self.denial) }
        let broker = self.services.broker
        let goOn: (Result<[Topic], BrokerError>) -> Void = { topics in
            switch topics {
            case .success(let topics): body(topics)
            case .failure(.denied), .failure(.missing): self.deny(Self.denial)
            case .failure: self.connection?.close(.unexpectedServerError, "Storage temporarily unavailable")
            }
        }
        if let topics = broker.topicsAtHand(keys, for: .join, as: principal) { return goOn(topics) }
        self.connection?.suspend({ await broker.topics(keys, for: .join, as: principal) }, then: goOn)
    }
}

// MARK: - Publishing

extension WebSocketConversation {
    private func publish(_ frame: ClientFrame.PublishFrame) {
        let publish: WebSocketPublish
        do throws(FrameError) {
            publish = try WebSocketPublish(frame, by: self.session, self.services)
        } catch {
            return self.send(ServerFrame.Failure(code: .processing, error))
        }
        self.connection?.publishBegan()
        guard publish.key == nil else { return self.publishSlowly(publish) }
        let eventLoop = self.loop.eventLoop
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let isDone = self.services.broker.publishNow(publish.item, as: publish.principal) { result in
            eventLoop.runOnLoop {
                if case .failure(.moved) = result {
                    bound.value.publishSlowly(publish)
                } else {
                    bound.value.published(publish, .init(topic: publish.item.key, result: result))
                }
            }
        }
        if !isDone { self.publishSlowly(publish) }
    }

    private func publishSlowly(_ publish: WebSocketPublish) {
        let broker = self.services.broker
        self.connection?.suspend {
            await publish.slowly(by: broker)
        } then: { (outcome: WebSocketPublish.Outcome) in
            self.published(publish, outcome)
        }
    }

    private func published(_ publish: WebSocketPublish, _ outcome: WebSocketPublish.Outcome) {
        self.services.metrics.published(outcome.result)
        do throws(FrameError) {
            let answer = try publish.answer(to: outcome)
            self.services.metrics.stored(1, in: outcome.topic, since: nil)
            self.connection?.send(answer)
        } catch {
            self.send(ServerFrame.Failure(code: .processing, error))
        }
        self.connection?.publishEnded()
    }
}

// MARK: - Delivery

extension WebSocketConversation: ReaderSink {
    var principal: Principal? { self.session.standingPrincipal(requiring: .read) }

    func capacity(for reader: Reader) -> Int { self.connection?.isWritable == true ? .max : 0 }

    /// The socket has room again.
    func goOn() {
        for _ in 0..<self.subscriptions.count {
            guard self.connection?.isWritable == true, let reader = self.subscriptions.nextToGoOn() else { return }
            self.loop.current?.readers.resume(reader)
        }
    }

    func deliver(_ gap: Gap, to reader: Reader) {
        self.connection?.deliver(WebSocketBatch.frame(.gap(GapFields(gap, of: reader.topic.name))))
    }

    func deliver(_ batch: Batch, to reader: Reader) {
        self.services.metrics.delivered(batch.messages.count, by: .webSocket)
        self.connection?.deliver(batch.encoded(as: WebSocketBatch.self))
    }

    func readerEnded(_ reader: Reader, _ reason: ReaderEnd) {
        let name = reader.topic.name
        _ = self.subscriptions.remove(name)
        switch reason {
        case .accessLost: self.sendError(.subscription, "Access to topic '\(name)' was withdrawn")
        case .topicDeleted: self.sendError(.subscription, "Topic '\(name)' was deleted")
        case .storeFailed: self.connection?.close(.unexpectedServerError, "Storage temporarily unavailable")
        }
    }

    func flush() { self.connection?.flush() }
}

// MARK: - Access

extension WebSocketConversation: AccessWatcher {
    var userID: UserID { self.session.account.id }

    func accessMayHaveChanged() {
        do throws(AccessError) {
            _ = try self.session.standing(requiring: .read)
        } catch {
            self.connection?.close(WebSocketErrorCode(refusal: error), error.detail)
            return
        }
        for reader in self.subscriptions.readers { self.loop.current?.readers.recheck(reader) }
    }

    func checkExpiry(at now: Timestamp) {
        switch self.expiry.tick(at: now, expiresAt: self.session.expiresAt) {
        case .nothing: break
        case .warn: self.connection?.send(.tokenExpiring(at: self.session.expiresAt))
        case .end: self.connection?.close(.tokenExpired, "The access token has expired")
        }
    }

    private func authenticate(_ token: String) {
        let now = self.services.broker.clock.now()
        let authenticator = self.services.authenticator
        switch authenticator.cached(token, at: now) {
        case .session(let session): return self.adopt(session)
        case .refused(let error): return self.sendError(.authentication, error.detail)
        case nil: break
        }
        self.connection?.suspend {
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
        self.connection?.send(.authenticated(until: session.expiresAt))
    }
}

import NIOCore
import NIOWebSocket
import RelayAccess
import RelayCore
import RelayWire

/// What a WebSocket's client and the relay say to each other: subscribing, publishing, renewing the token, and the messages of the topics
/// that the client follows. Lives on its connection's loop, and keeps no messages: what the socket does not take stays in the stream.
final class MessageSocketConversation {
    /// Nil before it is open, and once it closes or is gone: what was under way then may still come back to this object. The two hold each
    /// other meanwhile.
    private(set) var connection: WebSocketConnection?

    /// Of the token that the connection was opened with, or of the last that an auth frame brought.
    private(set) var session: Session
    private var expiry = TokenExpiry()
    let route: MessageSocketRoute
    let loop: DeliveryLoop
    /// Names the connection to its client.
    private let sessionNumber = UInt64.random(in: 0..<(1 << 48))
    private var subscriptions = Subscriptions()
    /// Whether the first frame, which must subscribe, has done so.
    private var isSubscribed = false
    /// As which of its user's peers the client subscribed last; nil for none.
    private var clientID: String?
    /// Those topics that the client reads as named readers.
    private var named = NamedTopics()
    /// Nil while the client has said nothing of presence, and once the connection is gone. The two hold each other meanwhile.
    private(set) var presence: PresenceDesk?

    init(session: Session, route: MessageSocketRoute, loop: DeliveryLoop) {
        self.session = session
        self.route = route
        self.loop = loop
    }

    /// Of 48 bits.
    private var sessionID: String { "sess_" + String(hexadecimal: self.sessionNumber).suffix(12) }

    func sendError(_ code: ServerFrame.Failure.Code, _ message: String) {
        self.send(ServerFrame.Failure(code: code, message: message))
    }

    /// Every `error` frame goes this way, so that each is counted.
    func send(_ failure: ServerFrame.Failure) {
        self.route.metrics.failed(.webSocket, code: failure.code.rawValue)
        self.send(.error(failure))
    }

    func send(_ frame: ServerFrame) {
        self.connection?.send(MessageSocketBatch.frame(frame))
    }

    func presenceDesk() -> PresenceDesk {
        if let presence = self.presence { return presence }
        let presence = PresenceDesk(self, among: self.route.presence, joiner: self.route.joiner)
        self.presence = presence
        return presence
    }
}

// MARK: - The WebSocket

extension MessageSocketConversation: WebSocketDialect {
    func opened(_ connection: WebSocketConnection) {
        self.connection = connection
        self.loop.current?.connections.add(self)
    }

    func closed() {
        self.connection = nil
        self.loop.current?.connections.remove(self)
        for reader in self.subscriptions.removeAll() { self.loop.current?.readers.leave(reader) }
        self.presence?.close()
        self.presence = nil
    }

    var facts: ConnectionFacts? { ConnectionFacts(.ws, user: self.userID, topics: self.subscriptions.count) }

    var sessionMessages: SessionMessages { .measuredTexts }

    var idleReason: String? { self.isSubscribed ? nil : "Idle timeout before subscribe" }

    func received(binary: ByteBuffer) { self.sendError(.processing, "Binary messages are not supported") }

    func received(text: ByteBuffer) {
        let isFirst = !self.isSubscribed
        if isFirst, let successor = self.successor(beginningWith: text) { return self.handOver(to: successor, text) }
        do throws(FrameError) {
            switch try ClientFrame(json: text, isFirst: isFirst) {
            case .subscribe(let request): try self.subscribe(request)
            case _ where isFirst: self.deny(FrameError(message: "The first frame must subscribe"))
            case .unsubscribe(let topics): self.unsubscribe(topics)
            case .acknowledge(let frame): self.acknowledge(frame)
            case .ping: self.send(.pong(self.route.clock.now()))
            case .publish(let frame): self.publish(frame)
            case .authenticate(let token): self.authenticate(token)
            case .presence(let frame): self.received(frame)
            case .unknown(let type): self.sendError(.unknownType, "Unknown message type: \(type)")
            }
        } catch {
            if isFirst { self.deny(error) } else { self.send(ServerFrame.Failure(code: .processing, error)) }
        }
    }

    private func successor(beginningWith text: ByteBuffer) -> (any WebSocketDialect)? {
        let address = self.connection?.channel?.remoteAddress
        for edge in [self.route.peers, self.route.rooms] as [any SocketSuccessor] {
            let dialect = edge.dialect(beginningWith: text, for: .known(self.session), at: address, on: self.loop)
            if let dialect { return dialect }
        }
        return nil
    }

    /// The client is a peer of a session, or joins a room: that edge goes on.
    private func handOver(to successor: any WebSocketDialect, _ text: ByteBuffer) {
        self.connection?.change(to: successor)
        successor.received(text: text)
    }
}

// MARK: - Subscribing

extension MessageSocketConversation {
    /// Throws where a name is no topic's: a wrong field like any other.
    private func subscribe(_ request: SubscribeFrame) throws(FrameError) {
        guard let keys = self.route.joiner.catalog.keys(ofPaths: request.topics, for: self.userID) else {
            throw self.badName(in: request)
        }
        let followed = Set(self.subscriptions.names)
        let new = keys.filter { !followed.contains($0.name) }
        guard followed.count + new.count + (self.presence?.count ?? 0) <= self.route.maxTopics else {
            return self.sendError(.subscription, "Too many topics on one connection")
        }
        let named = request.reader.flatMap { ReaderName($0) }.map { name in
            NamedJoin(name: name) { request.cursors[$0.name.rawValue] != nil }
        }
        self.route.joiner.join(new, for: self, sink: self, as: request.clientID, named: named) { _, topic in
            request.start(of: topic.name)
        } then: { joined in
            switch consume joined {
            case .success(let joined): self.joined(joined, request)
            case .failure(.broker(.store(let error))): self.close(for: error)
            case .failure(.broker): self.deny(FrameError(message: BrokerError.denied.clientText))
            // The client may unsubscribe from others, or try again later.
            case .failure(let refusal): self.sendError(.subscription, refusal.clientText)
            }
        }
    }

    private func joined(_ joined: consuming JoinedReaders, _ request: SubscribeFrame) {
        guard let readers = self.loop.current?.readers else { return }
        let new = joined.readers
        if let name = request.reader.flatMap({ ReaderName($0) }) {
            self.named.add(name, of: self.userID, new, unmade: joined.unmade)
        }
        self.subscriptions.add(joined)
        self.clientID = request.clientID ?? self.clientID
        self.confirm(request, readers)
        for reader in new { readers.start(reader) }
    }

    func close(for error: StoreError) {
        self.connection?.close(.unexpectedServerError, BrokerError.store(error).clientText)
    }

    private func confirm(_ request: SubscribeFrame, _ readers: LoopReaders) {
        let topics = !self.isSubscribed ? request.topics : self.subscriptions.names.map(\.rawValue)
        var cursors: [String: MessageID] = [:]
        var epochs: [String: String] = [:]
        for reader in self.subscriptions.readers {
            let name = reader.topic.name.rawValue
            cursors[name] = readers.cursor(of: reader)
            epochs[name] = reader.toldEpoch.flatMap(StreamEpoch.told)
        }
        self.isSubscribed = true
        self.send(
            .subscribed(
                .init(
                    topics: topics,
                    sessionID: self.sessionID,
                    timestamp: self.route.clock.now(),
                    cursors: cursors,
                    epochs: epochs
                )
            )
        )
    }

    /// It has the name's place, and says nothing of what topics there are.
    private func badName(in request: SubscribeFrame) -> FrameError {
        let catalog = self.route.joiner.catalog
        let place = request.topics.firstIndex { catalog.key(ofPath: $0, for: self.userID) == nil }
        return FrameError(message: "Invalid topic name", field: place.map { "topics.\($0)" })
    }

    /// A first subscription that is denied, or is none, ends the connection; a later one does not.
    private func deny(_ error: FrameError) {
        self.send(ServerFrame.Failure(code: .subscription, error))
        if !self.isSubscribed { self.connection?.close(.normalClosure, "") }
    }

    private func unsubscribe(_ topics: [String]) {
        let catalog = self.route.joiner.catalog
        let names = Set(topics.compactMap { catalog.key(ofPath: $0, for: self.userID)?.name })
        for reader in self.subscriptions.remove(names) {
            self.named.remove(reader.topic.name)
            self.loop.current?.readers.leave(reader)
        }
    }
}

// MARK: - Acknowledging

extension MessageSocketConversation {
    /// An ack without an `id` has no answer, whatever becomes of it. One with an `id` is answered once it is stored.
    private func acknowledge(_ frame: ClientFrame.AckFrame) {
        let topic = frame.topic.flatMap { self.route.joiner.catalog.key(ofPath: $0, for: self.userID)?.name }
        guard let target = self.named.target(of: frame, topic, among: self.subscriptions.readers) else {
            return self.refuseAck(frame, "No named reader of this connection reads that topic")
        }
        let cursors = self.route.joiner.cursors
        guard let requestID = frame.requestID else { return cursors.acknowledge(target) }
        self.suspend { () async -> Result<ReaderPosition?, BrokerError> in
            await cursors.acknowledgeDurably(target)
        } then: { (result: Result<ReaderPosition?, BrokerError>) in
            switch result {
            case .success(let position?):
                let topic = target.topic.name.rawValue
                let epoch = StreamEpoch.told(position.epoch)
                self.send(.acked(requestID: requestID, .init(topic: topic, messageID: position.id, epoch: epoch)))
            case .success(nil): self.refuseAck(frame, "The topic has given out no such message, or the reader is gone")
            case .failure(let error): self.refuseAck(frame, error.clientText)
            }
        }
    }

    private func refuseAck(_ frame: ClientFrame.AckFrame, _ message: String) {
        if let requestID = frame.requestID { self.refuse(requestID, message) }
    }
}

extension ReaderCursors {
    fileprivate func acknowledge(_ target: NamedTopics.Target) {
        guard let position = ReaderPosition(acknowledged: target.cursor, in: target.topic.bounds) else { return }
        // Where there is no memory the reader stays: it is counted, and the next ack says more.
        _ = self.acknowledge(position, of: target.entry.reader, makesReader: target.entry.isUnmade)
    }

    fileprivate func acknowledgeDurably(_ target: NamedTopics.Target) async -> Result<ReaderPosition?, BrokerError> {
        do throws(BrokerError) {
            guard let position = try await self.position(acknowledged: target.cursor, in: target.topic) else {
                return .success(nil)
            }
            return .success(
                try await self.acknowledgeDurably(
                    position,
                    of: target.entry.reader,
                    makesReader: target.entry.isUnmade
                )
            )
        } catch {
            return .failure(error)
        }
    }
}

// MARK: - Publishing

extension MessageSocketConversation: PublishClient {
    var publishStart: NIODeadline? { nil }

    func suspend<Value: Sendable>(
        _ work: @escaping @Sendable () async -> Value,
        then body: @escaping (Value) -> Void
    ) {
        self.connection?.suspend(work, then: body)
    }

    private func publish(_ frame: ClientFrame.PublishFrame) {
        let principal: Principal
        do throws(AccessError) {
            principal = try self.session.standing(requiring: .write)
        } catch {
            return self.refuse(frame.requestID, error.detail)
        }
        let trace = PublishTrace(nil, metadata: frame.request.metadata, self.route.publisher.tracer)
        guard let item = self.route.publisher.item(frame.request, by: principal, self.session.account, trace) else {
            return self.refuse(frame.requestID, "Invalid topic name")
        }
        let key = frame.idempotencyKey.map {
            IdempotencyKey(user: principal.id, route: self.idempotencyRoute, value: $0)
        }
        self.connection?.workBegan()
        let publisher = principal.acting(as: frame.request.clientID ?? self.clientID)
        self.route.publisher.publish(item, once: key, as: publisher, for: self, frame.requestID, trace)
    }

    /// Who holds a service token shares keys with those whose token says the same, and not with the token's user: it learns nothing of what
    /// the user has published by some key, and keeps the user from nothing.
    private var idempotencyRoute: String {
        self.session.scope.map { "websocket, limited: \($0.storedText)" } ?? "websocket"
    }

    func published(_ result: Result<Publication, BrokerError>, in key: TopicKey, _ requestID: ByteBuffer) {
        switch result {
        case .success(let stored):
            let receipt = PublishReceipt(
                id: stored.id,
                topic: key.name.rawValue,
                timestamp: stored.timestamp,
                durability: stored.durability.rawValue
            )
            self.send(.published(requestID: requestID, receipt))
        case .failure(let error): self.refuse(requestID, error.clientText)
        }
        self.connection?.workEnded()
    }

    private func refuse(_ requestID: ByteBuffer, _ message: String) {
        self.send(
            ServerFrame.Failure(code: .processing, FrameError(message: message, requestID: requestID))
        )
    }
}

extension SubscribeFrame {
    /// Where the client wants to begin in a topic: at its cursor, or as the frame's offset says.
    fileprivate func start(of topic: TopicName) -> ReaderStart {
        if let cursor = self.cursors[topic.rawValue] { return .cursor(Cursor(clientText: cursor)) }
        return ReaderStart(offset: self.offset ?? "")
    }
}

// MARK: - Delivery

extension MessageSocketConversation: ReaderSink {
    func capacity(for reader: Reader) -> Int { self.connection?.isWritable == true ? .max : 0 }

    func drained() {
        // First, since it is never more than who is there: messages can be any number.
        self.presence?.drained()
        for _ in 0..<self.subscriptions.count {
            guard self.connection?.isWritable == true, let reader = self.subscriptions.nextToGoOn() else { return }
            self.loop.current?.readers.resume(reader)
        }
    }

    func deliver(_ gap: Gap, to reader: Reader) {
        self.connection?.deliver(MessageSocketBatch.frame(.gap(GapFields(gap, of: reader.topic.name))))
    }

    func deliver(_ batch: Batch, to reader: Reader) {
        self.route.metrics.delivered(batch.messages.count, by: .webSocket)
        self.connection?.deliver(batch.encoded(as: MessageSocketBatch.self))
    }

    func readerEnded(_ reader: Reader, _ reason: ReaderEnd) {
        let name = reader.topic.name
        _ = self.subscriptions.remove(name)
        self.named.remove(name)
        switch reason {
        case .accessLost, .topicDeleted: self.sendError(.subscription, reason.clientText(of: name))
        case .storeFailed(let error): self.close(for: error)
        }
    }

    func flush() { self.connection?.flush() }
}

// MARK: - Access

extension MessageSocketConversation: SessionSink {
    var readers: [Reader] { self.subscriptions.readers }

    func end(for refusal: AccessError) {
        self.connection?.close(WebSocketErrorCode(refusal: refusal), refusal.detail)
    }

    var nextExpiryCheck: Timestamp { self.expiry.nextCheck(expiresAt: self.session.expiresAt) }

    func checkExpiry(at now: Timestamp) {
        switch self.expiry.tick(at: now, expiresAt: self.session.expiresAt) {
        case .nothing: break
        case .warn: self.send(.tokenExpiring(at: self.session.expiresAt))
        case .end: self.connection?.close(.tokenExpired, "The access token has expired")
        }
    }

    private func authenticate(_ token: String) {
        self.route.access.findSession(token, for: self) { result in
            switch result {
            case .success(let session): self.adopt(session)
            case .failure(let error): self.sendError(.authentication, error.detail)
            }
        }
    }

    private func adopt(_ session: Session) {
        guard session.account.id == self.userID, session.peer == self.session.peer else {
            return self.sendError(.authentication, "The token is another user's")
        }
        self.session = session
        self.expiry = TokenExpiry()
        self.loop.current?.connections.expiryChanged(of: self)
        self.send(.authenticated(until: session.expiresAt))
        // It may have been revoked between the look at it and now, when the change was told to the session before.
        self.accessMayHaveChanged()
        self.presence?.accessMayHaveChanged()
    }
}

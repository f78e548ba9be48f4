import NIOCore
import NIOWebSocket
import RelayAccess
import RelayCore
import RelayPresence
import RelayWire

/// The user of a Pulse connection: its session, the channels that it is subscribed to, and the publishes that it makes. Lives on its connection's
/// loop. Keeps no messages: what the socket does not take stays in the stream.
final class PulseMember {
    // A delivery touches these: they come first, so that they lie together.

    /// Nil once the connection closes or is gone. What was under way then may still come back to this object.
    private var connection: WebSocketConnection?
    let services: PulseServices
    private(set) var conversation: PulseConversation?

    let loop: DeliveryLoop
    /// Of the token that the connection was opened with, or of the last that a `connect` frame brought.
    private(set) var session: Session
    private var expiry = TokenExpiry()
    private var subscriptions = Subscriptions()
    /// Of the channels whose messages don't come between the connection's other frames.
    private var lanes: [TopicKey: PulseLane] = [:]
    /// What its client knows the connection by.
    let connectionID: String
    /// Nil while no channel of its has presence, and once the connection is gone.
    private(set) var presence: PulseSeats?

    init(
        _ session: Session,
        as connectionID: String,
        _ conversation: PulseConversation,
        _ connection: WebSocketConnection
    ) {
        self.session = session
        self.connectionID = connectionID
        self.conversation = conversation
        self.connection = connection
        self.services = conversation.services
        self.loop = conversation.loop
    }

    func fail(_ id: UInt64?, _ failure: PulseFailure) { self.conversation?.fail(id, failure) }

    /// The connection is gone.
    func closed() {
        self.connection = nil
        self.conversation = nil
        self.leave()
    }

    /// The connection is another user's from here on. What this one has under way is still answered.
    func leave() {
        self.loop.current?.connections.remove(self)
        for reader in self.subscriptions.removeAll() { self.leave(reader) }
        self.presence?.close()
        self.presence = nil
    }

    func presenceSeats() -> PulseSeats {
        if let presence = self.presence { return presence }
        let id = ConnectionID(self.connectionID)
        let presence = PulseSeats(
            PresenceDesk(self, as: id, among: self.services.presence.desks, joiner: self.services.joiner)
        )
        self.presence = presence
        return presence
    }

    private func leave(_ reader: Reader) {
        self.closeLane(of: reader)
        self.services.counts.channels.left(reader.topic.key)
        self.loop.current?.readers.leave(reader)
    }

    private func closeLane(of reader: Reader) {
        if !self.lanes.isEmpty { self.lanes.removeValue(forKey: reader.topic.key)?.close() }
    }

    /// The client wants no more of what comes by the lane.
    func leave(_ lane: PulseLane, _ failure: PulseFailure?) {
        guard let key = self.lanes.first(where: { $0.value === lane })?.key, let reader = self.reader(of: key) else {
            return
        }
        self.giveUpPresence(at: key)
        self.end(reader)
        if let failure { self.fail(0, failure) }
    }

    /// There is room again.
    func drained(_ lane: PulseLane) {
        guard let key = self.lanes.first(where: { $0.value === lane })?.key, let reader = self.reader(of: key) else {
            return
        }
        self.loop.current?.readers.resume(reader)
    }

    func received(_ frame: PulseClientFrame, since start: NIODeadline) {
        switch frame {
        case .subscribe(let id, let channel, let since, let way): self.subscribe(id, channel, since, way, start)
        case .unsubscribe(let id, let channel): self.unsubscribe(id, channel, start)
        case .publish(let id, let channel, let event, let payload):
            self.publish(channel, event, payload, Ticket(id: id, start: start))
        case .presence(let id, let channel, let action, let data):
            let request = PulsePresenceRequest(id: id, channel: channel, action: action, data: data, start: start)
            self.received(request)
        case .connect, .ping, .pong, .ofServer: break
        }
    }

    func key(of channel: String) -> TopicKey? {
        PulseChannel.topic(ofChannel: channel).flatMap {
            self.services.joiner.catalog.key(ofPath: $0, for: self.userID)
        }
    }
}

// MARK: - Subscribing

extension PulseMember {
    /// - Parameters:
    ///   - since: the cursor to go on from; nil for what comes from now on.
    ///   - way: how the client wants what comes.
    private func subscribe(
        _ id: UInt64,
        _ channel: String,
        _ since: String?,
        _ way: PulseWay,
        _ start: NIODeadline
    ) {
        guard let key = self.key(of: channel) else { return self.fail(id, .invalidChannel) }
        guard !self.isSubscribed(to: key) else { return self.fail(id, .alreadySubscribed) }
        guard self.subscriptions.count < self.services.maxSubscriptions else {
            return self.fail(id, PulseFailure(.rateLimited, "Too many channels on one connection"))
        }
        let lane: PulseLane?
        do throws(PulseFailure) {
            lane = try self.lane(way)
        } catch {
            return self.fail(id, error)
        }
        // Without an offset a reader begins with what comes from now on.
        let place = since.map { ReaderStart.cursor(Cursor(clientText: $0)) } ?? ReaderStart(offset: "")
        self.services.joiner.join([key], for: self, sink: lane ?? self, as: nil) { _, _ in
            place
        } then: { joined in
            switch consume joined {
            case .success(let joined):
                self.lanes[key] = lane
                self.joined(joined, id, channel, start)
            case .failure(let refusal):
                lane?.close()
                self.fail(id, PulseFailure(refusal))
            }
        }
    }

    /// - Returns: nil where messages come between the connection's other frames.
    private func lane(_ way: PulseWay) throws(PulseFailure) -> PulseLane? {
        guard way.needsSession else { return nil }
        guard let session = self.connection?.session else {
            throw PulseFailure(.invalidFrame, "Only sessions of WebTransport have streams and datagrams")
        }
        return try PulseLane(way, of: self, in: session)
    }

    private func joined(_ joined: consuming JoinedReaders, _ id: UInt64, _ channel: String, _ start: NIODeadline) {
        let new = joined.readers
        self.subscriptions.add(joined)
        guard let reader = new.first else { return }
        self.services.counts.channels.joined(reader.topic.key)
        guard self.services.presence.isWanted(in: channel, reader.topic.key) else {
            return self.begin(reader, id, start)
        }
        let key = reader.topic.key
        self.sitFromBeginning(at: key) { failure in
            // The channel may have ended meanwhile.
            let isSubscribed = self.reader(of: key) === reader
            guard failure != nil || !isSubscribed else { return self.begin(reader, id, start) }
            self.giveUpPresence(at: key)
            if isSubscribed { self.end(reader) }
            self.fail(id, failure ?? .notSubscribed)
        }
    }

    private func begin(_ reader: Reader, _ id: UInt64, _ start: NIODeadline) {
        self.conversation?.answer(.ack(id), since: start)
        self.loop.current?.readers.start(reader)
    }

    private func unsubscribe(_ id: UInt64, _ channel: String, _ start: NIODeadline) {
        guard let key = self.key(of: channel), let reader = self.reader(of: key) else {
            return self.fail(id, .notSubscribed)
        }
        self.giveUpPresence(at: key)
        self.end(reader)
        self.conversation?.answer(.ack(id), since: start)
    }

    private func end(_ reader: Reader) {
        _ = self.subscriptions.remove(reader.topic.name)
        self.leave(reader)
    }

    private func reader(of key: TopicKey) -> Reader? {
        self.subscriptions.readers.first { $0.topic.key == key }
    }

    func isSubscribed(to key: TopicKey) -> Bool { self.reader(of: key) != nil }
}

// MARK: - Publishing

extension PulseMember: PublishClient {
    /// A publish that waits for its result.
    struct Ticket {
        /// Nil where the client wants no answer.
        let id: UInt64?
        /// When it came.
        let start: NIODeadline
    }

    var publishStart: NIODeadline? { nil }

    func suspend<Value: Sendable>(
        _ work: @escaping @Sendable () async -> Value,
        then body: @escaping (Value) -> Void
    ) {
        self.conversation?.suspend(work, then: body)
    }

    private func publish(_ channel: String, _ event: String?, _ payload: ByteBuffer, _ ticket: Ticket) {
        do throws(PulseFailure) {
            let principal = try self.publishing()
            let item = try self.item(channel, event, payload, by: principal)
            self.conversation?.workBegan()
            self.services.publisher.publish(item, once: nil, as: principal, for: self, ticket)
        } catch {
            self.fail(ticket.id, error)
        }
    }

    private func publishing() throws(PulseFailure) -> Principal {
        do throws(AccessError) {
            return try self.session.standing(requiring: .write)
        } catch {
            throw PulseFailure(error)
        }
    }

    private func item(
        _ channel: String,
        _ event: String?,
        _ payload: ByteBuffer,
        by principal: Principal
    ) throws(PulseFailure) -> Broker.Item {
        let limits = self.services.limits
        guard let topic = PulseChannel.topic(ofChannel: channel) else { throw .invalidChannel }
        guard payload.readableBytes <= limits.maxPayloadBytes else {
            throw PulseFailure(.payloadTooLarge, "A payload is at most \(limits.maxPayloadBytes) bytes")
        }
        guard event?.utf8.count ?? 0 <= PulseServices.Limits.maxEventBytes else {
            throw PulseFailure(.payloadTooLarge, "An event is at most \(PulseServices.Limits.maxEventBytes) bytes")
        }
        let metadata = event.flatMap { PulsePayload.metadata(ofEvent: $0) }
        guard event == nil || metadata != nil else { throw PulseFailure(.invalidFrame, "An event has no NUL") }
        let payload = PulsePayload(payload)
        let request = PublishRequest(
            topic: topic,
            payload: payload.bytes,
            isBinary: payload.isBinary,
            metadata: metadata
        )
        guard let item = self.services.publisher.item(request, by: principal, self.session.account) else {
            throw .invalidChannel
        }
        return item
    }

    func published(_ result: Result<Publication, BrokerError>, in key: TopicKey, _ ticket: Ticket) {
        switch result {
        case .success: if let id = ticket.id { self.conversation?.answer(.ack(id), since: ticket.start) }
        case .failure(let error): self.fail(ticket.id, PulseFailure(error))
        }
        self.conversation?.workEnded()
    }
}

// MARK: - Delivery

extension PulseMember: ReaderSink {
    var isWritable: Bool { self.connection?.isWritable == true }

    func capacity(for reader: Reader) -> Int { self.isWritable ? .max : 0 }

    func drained() {
        // First, since it is never more than who is there: messages can be any number.
        self.presence?.desk.drained()
        for _ in 0..<self.subscriptions.count {
            guard self.isWritable, let reader = self.subscriptions.nextToGoOn() else { return }
            self.loop.current?.readers.resume(reader)
        }
    }

    func deliver(_ bytes: ByteBuffer) { self.connection?.deliver(bytes) }

    /// No frame tells of it.
    func deliver(_ gap: Gap, to reader: Reader) { self.services.counts.gap() }

    func deliver(_ batch: Batch, to reader: Reader) {
        let bytes = batch.encoded(as: PulseBatch.self)
        self.services.counts.delivered(batch.messages.count, bytes.readableBytes)
        self.services.metrics.delivered(batch.messages.count, by: .webSocket)
        self.connection?.deliver(bytes)
    }

    func readerEnded(_ reader: Reader, _ reason: ReaderEnd) {
        let name = reader.topic.name
        self.closeLane(of: reader)
        if self.subscriptions.remove(name) != nil { self.services.counts.channels.left(reader.topic.key) }
        self.giveUpPresence(at: reader.topic.key)
        self.fail(0, PulseFailure(reason, of: name))
        self.close(for: reason)
    }

    /// Where the store has failed a reader, its client connects again and goes on from where it was.
    func close(for reason: ReaderEnd) {
        guard case .storeFailed(let error) = reason else { return }
        self.connection?.close(.unexpectedServerError, BrokerError.store(error).clientText)
    }

    func flush() { self.connection?.flush() }
}

// MARK: - Access

extension PulseMember: SessionSink {
    var readers: [Reader] { self.subscriptions.readers }

    /// Whether `session` is of the same holder as the connection's own: of the same user, as the same peer, and no guest.
    func isSame(as session: Session) -> Bool {
        session.account.id == self.userID && session.peer == self.session.peer && !self.session.isGuest
    }

    /// Whether the connection may become another user's: a guest shows a token, before it reads anything.
    var mayLeave: Bool { self.session.isGuest && self.subscriptions.count == 0 }

    func end(for refusal: AccessError) {
        self.fail(0, PulseFailure(refusal.status >= 500 ? .serverError : .unauthorized, refusal.detail))
        self.connection?.close(WebSocketErrorCode(refusal: refusal), refusal.detail)
    }

    var nextExpiryCheck: Timestamp { self.expiry.nextCheck(expiresAt: self.session.expiresAt) }

    /// No frame warns of it. A client goes on that sends `connect` with another token of its user in time.
    func checkExpiry(at now: Timestamp) {
        switch self.expiry.tick(at: now, expiresAt: self.session.expiresAt) {
        case .nothing, .warn: break
        case .end:
            self.fail(0, PulseFailure(.unauthorized, "The access token has expired"))
            self.connection?.close(.tokenExpired, "The access token has expired")
        }
    }

    /// Another token of the same user.
    func adopt(_ session: Session) {
        self.session = session
        self.expiry = TokenExpiry()
        self.loop.current?.connections.expiryChanged(of: self)
        // It may have been revoked between the look at it and now, when the change was told to the session before.
        self.accessMayHaveChanged()
        self.presence?.desk.accessMayHaveChanged()
    }
}

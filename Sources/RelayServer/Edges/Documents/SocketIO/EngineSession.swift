import DequeModule
import NIOCore
import NIOWebSocket
import RelayAccess
import RelayCore
import RelayWire

/// A client's session of Engine.IO 4, by polls, by a WebSocket, or first by the ones and then by the other. Socket.IO is said over it. Lives on
/// one loop; its requests and its WebSocket live on theirs, which may be others.
final class EngineSession {
    /// What has come from the client.
    private enum Arrival {
        case packet(EnginePacket)
        /// All before it is handled, so that the client may send more.
        case end(@Sendable (_ isHandled: Bool) -> Void)
    }

    private enum Phase {
        case open
        /// Nothing is said or heard any more: the next poll gets what is left.
        case closing(until: NIODeadline)
        case over
    }

    /// What a session costs that has no connection of its own, bytes.
    static let cost = 8 << 10
    /// For how long the last words wait for a poll.
    private static let farewell = TimeAmount.seconds(10)

    let loop: DeliveryLoop
    private let sid: String
    private let address: String
    private let services: DocumentServices
    private let conversation: SocketIOConversation
    /// Where other requests find it; nil where there are none.
    private let sessions: EngineSessions?
    private var transport: EngineTransport<LoopReference<EnginePoll>, LoopReference<EngineSocket>>
    private var intake = MessageIntake<Arrival>()
    private var heartbeat = EngineHeartbeat(openedAt: .now())
    private let openedAt = NIODeadline.now()
    private var phase = Phase.open
    private var place: ConnectionQuota.Place?
    private var charge: MemoryCharge?
    /// Posts that are not handled yet.
    private var posts = 0
    /// Works whose result is not there yet.
    private var works = 0
    /// What the client has sent before it was known, bytes.
    private var strangeBytes = 0
    /// Whether the relay is stopping.
    private var isGoingAway = false
    var outstanding = Outstanding()

    /// - Parameters:
    ///   - opener: who has opened it; nil makes the client a stranger.
    ///   - place: among its user's connections, or among strangers.
    ///   - charge: for what it costs; nil where its WebSocket is charged.
    ///   - socket: by which it was opened; nil where that was a poll.
    init(
        _ sid: String,
        opener: Session?,
        at address: String,
        holding place: consuming ConnectionQuota.Place,
        charge: MemoryCharge?,
        over socket: LoopReference<EngineSocket>?,
        in sessions: EngineSessions?,
        _ services: DocumentServices,
        on loop: DeliveryLoop
    ) {
        self.sid = sid
        self.address = address
        self.place = consume place
        self.charge = charge
        self.transport = EngineTransport(over: socket)
        self.sessions = sessions
        self.services = services
        self.loop = loop
        let guest = RoomGuest(opener, at: address, services, writesLength: false)
        self.conversation = SocketIOConversation(guest, on: loop)
    }

    private var isOpen: Bool { if case .open = self.phase { true } else { false } }

    /// Called once, before anything else.
    func begin() {
        self.send(
            EngineHandshake(
                sid: self.sid,
                mayUpgrade: self.transport.socket == nil,
                pingInterval: EngineHeartbeat.interval.nanoseconds / 1_000_000,
                pingTimeout: EngineHeartbeat.timeout.nanoseconds / 1_000_000,
                maxPayload: self.services.sockets.maxMessageBytes
            ).packet
        )
        self.conversation.opened(self)
        self.loop.current?.connections.add(self)
    }

    // MARK: Ending

    /// The client is told that the session is over, as far as its transport allows.
    func close(_ code: WebSocketErrorCode, _ reason: String) {
        guard self.isOpen else { return }
        if let socket = self.transport.socket {
            self.handOn()
            socket.tell { $0.close(code, reason) }
            return self.end()
        }
        self.transport.add(EnginePacket(.close))
        self.hearNothingMore(isHandled: true)
        self.phase = .closing(until: .now() + Self.farewell)
        self.handOn()
        self.loop.current?.connections.wake(self)
    }

    /// The client has left, or can't be told anything.
    ///
    /// - Parameter isHandled: whether that is what it has sent last.
    func end(isHandled: Bool = false) {
        if case .over = self.phase { return }
        self.hearNothingMore(isHandled: isHandled)
        self.phase = .over
        self.loop.current?.connections.remove(self)
        self.sessions?.remove(self.sid)
        self.transport.takePoll()?.tell { $0.refuse(.unknownSession) }
        for socket in [self.transport.socket, self.transport.probe].compactMap(\.self) {
            socket.tell { $0.close(.normalClosure, "") }
        }
        self.place = nil
        self.charge = nil
        self.outstanding = Outstanding()
    }

    /// - Parameter isHandled: what clients are told whose packets wait. Who is told so hears the rest by a poll.
    private func hearNothingMore(isHandled: Bool) {
        guard self.isOpen else { return }
        self.phase = .over
        for case .end(let done) in self.intake.drop() { done(isHandled) }
        self.conversation.closed()
    }
}

// MARK: - What the client says

extension EngineSession {
    /// - Parameter done: told once all of them are handled and the client may send more; or that they never will be.
    func received(_ packets: [EnginePacket], then done: @escaping @Sendable (_ isHandled: Bool) -> Void) {
        guard self.isOpen else { return done(false) }
        self.heartbeat.heard(at: .now())
        if self.conversation.guest.isStranger {
            self.strangeBytes += packets.reduce(0) { $0 + $1.payload.readableBytes }
            guard self.strangeBytes <= StrangerGate.most else {
                done(false)
                return self.close(.unauthorized, "Too much before a token")
            }
        }
        for packet in packets { self.intake.received(.packet(packet)) }
        self.intake.received(.end(done))
        self.handleIntake()
    }

    /// The same of a post's body: there may be one at a time.
    func posted(_ packets: [EnginePacket], then done: @escaping @Sendable (_ isHandled: Bool) -> Void) {
        guard self.posts == 0, self.transport.socket == nil else {
            done(false)
            return self.end()
        }
        self.posts = 1
        let session = LoopReference(self, on: self.loop.eventLoop)
        self.received(packets) { isHandled in
            session.tell { $0.posts = 0 }
            done(isHandled)
        }
    }

    /// What has come is no Engine.IO.
    func receivedNonsense() { self.close(.protocolError, "Malformed packet") }

    /// A packet that is done with at once calls this again, from inside.
    private func handleIntake() {
        guard self.intake.beginHandling() else { return }
        while let arrival = self.intake.next(hasRoom: self.transport.hasRoom) {
            switch arrival {
            case .packet(let packet): self.handle(packet)
            case .end(let done): done(true)
            }
        }
        if self.isGoingAway { self.goAwayIfDone() }
    }

    private func handle(_ packet: EnginePacket) {
        guard self.isOpen else { return }
        switch packet.type {
        case .message: self.conversation.received(packet.payload, isBinary: packet.isBinary)
        case .close: self.end(isHandled: true)
        case .ping, .pong, .noop: break
        case .open, .upgrade: self.receivedNonsense()
        }
    }
}

// MARK: - Its transports

extension EngineSession {
    /// A poll asks for packets.
    func polled(by poll: LoopReference<EnginePoll>) {
        if case .over = self.phase { return poll.tell { $0.refuse(.unknownSession) } }
        switch self.transport.polled(poll) {
        case .waits: self.handOn()
        case .refused: poll.tell { $0.refuse(.badRequest) }
        case .overlaps:
            poll.tell { $0.refuse(.badRequest) }
            self.end()
        }
    }

    /// A WebSocket works.
    func probed(by socket: LoopReference<EngineSocket>) {
        guard self.isOpen, self.transport.probed(by: socket) else {
            return socket.tell { $0.close(.policyViolation, "No session to take over") }
        }
        self.handOn()
    }

    /// It is the session's from here on.
    func upgraded(to socket: LoopReference<EngineSocket>) {
        guard self.isOpen, self.transport.upgraded(to: socket) else {
            return socket.tell { $0.close(.policyViolation, "No session to take over") }
        }
        if !self.conversation.guest.isStranger { socket.tell { $0.clientIsKnown() } }
        self.transport.takePoll()?.tell { $0.answer([EnginePacket(.noop)]) }
        self.tellWhetherBusy()
        self.handOn()
    }

    /// The WebSocket takes more.
    func ready(_ socket: LoopReference<EngineSocket>) {
        self.transport.ready(socket)
        self.handOn()
    }

    func lost(_ socket: LoopReference<EngineSocket>) {
        if !self.transport.lost(socket) { self.end() }
    }

    /// Hands on what waits, to whoever takes it.
    private func handOn() {
        let hadRoom = self.transport.hasRoom
        while let (taker, packets) = self.transport.takeNext() {
            switch taker {
            case .poll(let poll): poll.tell { $0.answer(packets) }
            case .socket(let socket): socket.tell { $0.send(packets) }
            }
            if case .closing = self.phase { return self.end() }
        }
        self.countWaiting()
        guard !hadRoom, self.transport.hasRoom, self.isOpen else { return }
        self.handleIntake()
        self.conversation.drained()
    }

    private func countWaiting() {
        self.outstanding.count(waiting: self.transport.bytes, self.services.sockets.memory)
    }
}

// MARK: - What Socket.IO says

extension EngineSession {
    var isWritable: Bool { self.isOpen && self.transport.hasRoom }

    /// Sends at once.
    func send(_ packet: EnginePacket) {
        self.deliver(packet)
        self.flush()
    }

    /// Sends with the next ``flush()``.
    func deliver(_ packet: EnginePacket) {
        if self.isOpen { self.transport.add(packet) }
    }

    func flush() {
        if self.isOpen { self.handOn() }
    }

    /// Does something that suspends while later packets wait, and goes on on the loop.
    func suspend<Value: Sendable>(
        _ work: @escaping @Sendable () async -> Value,
        then body: @escaping (Value) -> Void
    ) {
        self.intake.suspend()
        let isRunning = self.services.sockets.lane.run(work, on: self.loop.eventLoop) { value in
            if self.isOpen { body(value) }
            self.intake.resume()
            self.handleIntake()
        }
        if !isRunning { self.close(.unexpectedServerError, AccessError(.overloaded).detail) }
    }

    /// See ``WebSocketConnection/workBegan()``.
    func workBegan() {
        self.works += 1
        self.intake.workBegan()
        if self.works == 1 { self.tellWhetherBusy() }
    }

    func workEnded() {
        self.works -= 1
        self.intake.workEnded()
        if self.works == 0 { self.tellWhetherBusy() }
        self.handleIntake()
    }

    /// A WebSocket closes by itself when the relay stops, and waits for what is under way.
    private func tellWhetherBusy() {
        let isBusy = self.works > 0
        self.transport.socket?.tell { $0.becameBusy(isBusy) }
    }

    /// The client has shown who it is.
    ///
    /// - Returns: false where there are as many connections as may be.
    func takePlace(of session: Session) -> Bool {
        guard let place = self.services.place(of: session, at: self.address) else { return false }
        if self.charge != nil {
            guard let charge = self.services.sockets.memory.hold(Self.cost, in: .readers) else { return false }
            self.charge = charge
        }
        self.place = consume place
        self.transport.socket?.tell { $0.clientIsKnown() }
        self.sessions?[self.sid]?.clientIsKnown(as: session)
        return true
    }
}

// MARK: - Time

extension EngineSession: LoopConnection {
    /// It has none of its own.
    var channel: (any Channel)? { nil }

    func tick(_ now: NIODeadline) -> NIODeadline {
        if case .closing(let end) = self.phase {
            if now >= end { self.end() }
            return now
        }
        self.countWaiting()
        if !self.conversation.hasJoined, now - self.openedAt > self.services.sockets.idleLimit {
            self.close(.unexpectedServerError, "Idle timeout before join")
            return now
        }
        switch self.heartbeat.tick(now, isHeldBack: self.transport.isStalled || self.intake.isHeldBack) {
        case .nothing: break
        case .ping: self.send(EnginePacket(.ping))
        case .giveUp: self.close(.unexpectedServerError, "Ping timeout")
        }
        return self.conversation.hasJoined && self.transport.bytes == 0 ? self.heartbeat.next : now
    }

    /// A WebSocket closes by itself. Of a client that polls, what is under way is done first.
    func shutDown() {
        guard self.isOpen, self.transport.socket == nil else { return }
        self.isGoingAway = true
        self.goAwayIfDone()
    }

    private func goAwayIfDone() {
        guard self.intake.isIdle else { return }
        self.close(.goingAway, self.services.sockets.draining.reason)
    }

    func cutOff() { self.end() }

    var facts: ConnectionFacts? {
        ConnectionFacts(
            .socketio,
            user: self.conversation.guest.session?.account.id,
            topics: self.conversation.roomCount,
            address: self.address
        )
    }

    func end(byAdministrator reason: String) { self.close(.policyViolation, reason) }
}

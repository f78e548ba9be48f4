import NIOCore
import NIOWebSocket
import RelayAccess
import RelayHTTP3
import RelayTelemetry
import RelayWire

/// One WebSocket: the client's frames come in, the relay's go out, until one of them closes it. What its messages mean is its
/// ``WebSocketDialect``'s affair.
///
/// Writes whole frames as bytes, with no encoder behind it: a batch's frames are made once and shared by all who get it.
/// Lives on its connection's loop, and keeps no messages: what the socket does not take stays in the stream.
final class WebSocketConnection: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    private enum Message {
        case text(ByteBuffer)
        case binary(ByteBuffer)
    }

    private enum Phase {
        case open
        /// A close frame was sent: nothing more is. Left when the channel closes.
        case closing
        case closed
    }

    // A delivery touches these, and only these: they come first, so that they lie together.

    private var context: ChannelHandlerContext?
    private let socket: SocketWriter
    /// Whether the channel has room. Its own answer costs a look at four objects.
    private var hasRoom = true
    /// Of what was written, what the client may still lack.
    var outstanding = Outstanding()
    private var pings: PingSchedule

    let services: WebSocketServices
    /// Nil where the connection is the WebSocket's alone.
    private let stream: (any RequestStream)?
    /// The relay's.
    private let role: WebSocketRole
    private let loop: DeliveryLoop
    let isEncrypted: Bool
    private var dialect: any WebSocketDialect
    private var place: ConnectionQuota.Place?
    private var phase = Phase.open
    private var assembler: WebSocketAssembler
    private var intake = MessageIntake<Message>()
    /// Whether the client has ended its side without a close frame.
    private var isInputClosed = false
    /// Whether the client has sent a close frame.
    private(set) var isClosedByClient = false
    /// What that gave as the reason.
    private(set) var closeCode: UInt16?
    /// Whether the relay is stopping.
    private var isGoingAway = false
    /// The connection's life, where it is recorded.
    private(set) var span: TraceSpan?

    /// - Parameters:
    ///   - place: among its user's connections; nil for a connection between relays, and where something else has it.
    ///   - role: the relay's. Where it is the client, whatever is said of the client here is said of the server.
    ///   - isEncrypted: whether bytes have to go through the channel.
    ///   - stream: of HTTP/2, where it is one.
    init(
        _ dialect: any WebSocketDialect,
        services: WebSocketServices,
        loop: DeliveryLoop,
        place: consuming ConnectionQuota.Place?,
        role: WebSocketRole = .server,
        isEncrypted: Bool = false,
        stream: (any RequestStream)? = nil
    ) {
        self.services = services
        self.stream = stream
        self.role = role
        self.socket = SocketWriter(isToldOfEnd: true, usesChannelAlone: isEncrypted)
        self.loop = loop
        self.isEncrypted = isEncrypted
        self.dialect = dialect
        self.place = consume place
        self.assembler = WebSocketAssembler(
            maxMessageBytes: services.maxMessageBytes,
            handsOnPieces: dialect.takesPieces,
            from: role.other
        )
        self.pings = PingSchedule(openedAt: .now(), idleLimit: services.idleLimit, times: dialect.pingTimes)
    }

    /// The session of WebTransport that it stands for; nil where it is a WebSocket.
    var session: WebTransportSession? { self.stream?.session }

    /// Whether nothing more is sent.
    var isOver: Bool { if case .open = self.phase { false } else { true } }

    /// Whether the client takes what it is sent.
    var isWritable: Bool { self.hasRoom && self.context != nil }

    /// Whether there is room for what the client's next messages lead to.
    private var hasRoomForMore: Bool {
        (self.isWritable || self.dialect.isHeardWhileFull && self.context != nil) && !self.dialect.holdsBack
    }

    /// Whether the client waits for the relay, so that its socket is not read: a pong may lie there too.
    private var isHeldBack: Bool { self.intake.isHeldBack || self.dialect.holdsBack }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.services.metrics.webSocketOpened()
        self.dialect.opened(self)
        // The first that is sent may have found the client gone.
        if case .closed = self.phase { return }
        self.loop.current?.connections.add(self)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.socket.end()
        self.leave()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.socket.end()
        self.leave()
        self.context = nil
    }

    /// The connection's life is recorded; it may be over already.
    func began(_ span: TraceSpan?) {
        if case .closed = self.phase { span?.end() } else { self.span = span }
    }

    /// Another dialect goes on from here: the client's first message was one of its own. For dialects that take whole messages.
    func change(to dialect: any WebSocketDialect) {
        guard !self.isOver else { return }
        self.dialect.closed()
        self.dialect = dialect
        dialect.opened(self)
    }

    /// The connection counts as somebody else's from here on.
    func adopt(_ place: consuming ConnectionQuota.Place) {
        self.place = consume place
    }

    /// The decoder may have frames and errors left to tell of when the channel is closed, before that itself is told.
    private func heedEnd(_ context: ChannelHandlerContext) {
        if !context.channel.isActive { self.socket.end() }
    }

    private func leave() {
        if case .closed = self.phase { return }
        let wasOpen = !self.isOver
        self.phase = .closed
        self.place = nil
        self.services.metrics.webSocketClosed()
        self.span?.end(self.closeCode.map { [Attribute("pulsar.websocket.close_code", .integer(Int($0)))] } ?? [])
        self.span = nil
        self.loop.current?.connections.remove(self)
        _ = self.intake.end()
        if wasOpen { self.dialect.closed() }
    }

    /// A client that ended its side can answer neither ping nor close frame: it gets the replies to what it has sent, and then the end.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        self.heedEnd(context)
        if let event = event as? ChannelEvent, event == .inputClosed {
            self.isInputClosed = true
            if case .closing = self.phase { context.close(promise: nil) } else { self.closeIfDone() }
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func closeIfDone() {
        guard self.isInputClosed || self.isGoingAway, self.intake.isIdle, !self.isOver, !self.dialect.hasWaiting,
            let context = self.context
        else { return }
        if self.isInputClosed {
            self.answerClose(nil, context)
        } else {
            let code = self.dialect.goingAway()
            self.close(code, self.services.draining.reason)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.heedEnd(context)
        // Whatever follows a broken frame is dropped, and must not cut short the goodbye.
        if case .closing = self.phase, error is ByteToMessageDecoderError { return }
        switch error as? NIOWebSocketError {
        case .invalidFrameLength: self.fail(.messageTooLarge, "Message too large")
        case .fragmentedControlFrame, .multiByteControlFrameLength:
            self.fail(.protocolError, "Malformed control frame")
        case nil: context.close(promise: nil)
        }
    }

    // MARK: Frames

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = self.unwrapInboundIn(data)
        self.heedEnd(context)
        switch self.phase {
        case .closing:
            // The answer to the close frame that was sent. It is the server that then ends the connection.
            if frame.opcode == .connectionClose { context.close(promise: nil) }
            return
        case .closed: return
        case .open: break
        }
        self.pings.heard(at: .now())
        switch self.assembler.receive(frame) {
        case .text(let bytes): self.received(.text(bytes))
        case .binary(let bytes): self.received(.binary(bytes))
        case .piece(let piece, let endsMessage): self.received(piece, endsMessage)
        // A client that takes nothing, and is heard all the same, could make pongs pile up.
        case .ping(let data): if self.isWritable || !self.dialect.isHeardWhileFull { self.sendControl(.pong, data) }
        case .pong, .incomplete: break
        case .close(let code):
            self.isClosedByClient = true
            self.closeCode = code
            self.answerClose(code, context)
        case .violation(let code, let reason): self.fail(code, reason)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if !self.isOver { self.dialect.readCompleted() }
        context.fireChannelReadComplete()
    }

    private func received(_ piece: WebSocketPiece, _ endsMessage: Bool) {
        guard !self.isGoingAway else { return }
        self.dialect.received(piece: piece, endsMessage: endsMessage)
    }

    /// A client that broke the protocol may never answer the close frame, so the end follows it (RFC 6455, section 7.1.7). The client's side
    /// is read a little longer: a reset could overtake the close frame.
    private func fail(_ code: WebSocketErrorCode, _ reason: String) {
        guard !self.isOver, let context = self.context else { return }
        if code == .messageTooLarge { self.dialect.foundTooLarge() }
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenComplete { _ in context.close(mode: .output, promise: nil) }
        self.close(code, reason, promise: sent)
    }

    /// With the answer on its way there is nothing left to wait for: RFC 6455 has the server end the connection.
    private func answerClose(_ code: UInt16?, _ context: ChannelHandlerContext) {
        let answered = context.eventLoop.makePromise(of: Void.self)
        answered.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        self.close(code.map { WebSocketErrorCode(codeNumber: Int($0)) }, "", promise: answered)
    }

    private func received(_ message: Message) {
        guard !self.isGoingAway else { return }
        self.intake.received(message)
        self.handleIntake()
    }

    /// A message that is done with at once calls this again, from inside.
    private func handleIntake() {
        guard self.intake.beginHandling() else { return }
        while let message = self.intake.next(hasRoom: self.hasRoomForMore) {
            switch message {
            case .text(let bytes): self.dialect.received(text: bytes)
            case .binary(let bytes): self.dialect.received(binary: bytes)
            }
        }
        if self.intake.takeHeldRead(hasRoom: self.hasRoomForMore) {
            self.pings.readAgain(at: .now())
            self.context?.read()
        }
        self.closeIfDone()
    }

    func read(context: ChannelHandlerContext) {
        // Once a close frame was sent, the client's own is waited for.
        if self.isOver || self.intake.mayRead(hasRoom: self.hasRoomForMore) { context.read() }
    }

    /// There is room again for what the client may say, see ``WebSocketDialect/holdsBack``.
    func hearOn() { self.handleIntake() }

    /// Does something that suspends while later messages wait, and goes on on the loop.
    func suspend<Value: Sendable>(
        _ work: @escaping @Sendable () async -> Value,
        then body: @escaping (Value) -> Void
    ) {
        self.intake.suspend()
        let isRunning = self.services.lane.run(work, on: self.loop.eventLoop) { value in
            if !self.isOver { body(value) }
            self.intake.resume()
            self.handleIntake()
        }
        if !isRunning { self.close(.unexpectedServerError, AccessError(.overloaded).detail) }
    }

    /// Something has begun for which later messages do not wait. Where too much of it is under way, they do.
    func workBegan() { self.intake.workBegan() }

    /// What ``workBegan()`` told of has its result, and the client its answer.
    func workEnded() {
        self.intake.workEnded()
        self.handleIntake()
    }
}

// MARK: - Writing

extension WebSocketConnection {
    private func sendControl(_ kind: WebSocketFraming.Kind, _ payload: ByteBuffer) {
        var bytes = ByteBuffer()
        WebSocketFraming.write(kind, payload, maskedBy: self.role.maskingKey, into: &bytes)
        self.send(bytes)
    }

    /// Sends at once.
    ///
    /// - Parameter bytes: whole frames, see ``WebSocketFraming``.
    func send(_ bytes: ByteBuffer) {
        guard !self.isOver else { return }
        self.outstanding.wrote()
        self.socket.add(bytes, self.context)
        self.flush()
    }

    /// Sends with the next ``flush()``: what many readers share, or what is many. The client may be slow to read it.
    ///
    /// - Parameter bytes: whole frames.
    func deliver(_ bytes: ByteBuffer) {
        self.pings.delivered()
        self.outstanding.wrote()
        self.socket.add(bytes, self.context)
    }

    func flush() {
        self.socket.flush(self.context)
        if self.isToBeCounted { self.loop.current?.connections.wake(self) }
    }

    /// Goes on when the socket has taken everything that was sent or delivered before; never, where the client does not.
    func whenTaken(_ body: @escaping () -> Void) {
        guard !self.isOver, let context = self.context else { return }
        let taken = context.eventLoop.makePromise(of: Void.self)
        taken.futureResult.assumeIsolated().whenSuccess(body)
        self.socket.queue(ByteBuffer(), context, taken)
        self.flush()
    }

    /// Whether the channel may hold bytes that are not charged, or charged ones may be gone.
    private var isToBeCounted: Bool {
        self.outstanding.untaken != nil || (self.socket.isQueueing && self.outstanding.hasWritten)
    }

    /// Sends a close frame; the client gets a moment to answer it, then the connection is closed.
    ///
    /// - Parameter promise: kept when the frame has been handed to the socket, or can't be.
    func close(_ code: WebSocketErrorCode?, _ reason: String, promise: EventLoopPromise<Void>? = nil) {
        guard !self.isOver, let context = self.context else { return promise?.succeed(()) ?? () }
        var bytes = ByteBuffer()
        if let code {
            let code = UInt16(webSocketErrorCode: code)
            WebSocketFraming.writeClose(code: code, reason: reason, maskedBy: self.role.maskingKey, into: &bytes)
        } else {
            WebSocketFraming.write(.close, ByteBuffer(), maskedBy: self.role.maskingKey, into: &bytes)
        }
        // Before the write: its promise may close the connection at once, and what is closed must not be closing again.
        self.phase = .closing
        let wasReadHeld = self.intake.end()
        self.pings.closing(at: .now())
        self.dialect.closed()
        self.outstanding.wrote()
        self.loop.current?.connections.wake(self)
        self.socket.queue(bytes, context, promise)
        self.socket.flush(context)
        if wasReadHeld { context.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.heedEnd(context)
        self.hasRoom = context.channel.isWritable
        // Before the readers, which could fill the socket each time, and keep a frame that ends them waiting for good.
        self.handleIntake()
        self.dialect.drained()
        context.fireChannelWritabilityChanged()
    }
}

extension WebSocketConnection: LoopConnection {
    var channel: (any Channel)? { self.context?.channel }

    func tick(_ now: NIODeadline) -> NIODeadline {
        if self.isToBeCounted { self.countOutstanding() }
        let dialect = self.dialect
        switch self.pings.tick(
            now,
            isUsed: dialect.idleReason == nil,
            isWritable: self.isWritable,
            isHeldBack: self.isHeldBack
        ) {
        case .nothing: break
        case .ping:
            // In one write: thousands of connections that came at the same time are pinged at the same time.
            var bytes = ByteBuffer()
            WebSocketFraming.write(.ping, ByteBuffer(), maskedBy: self.role.maskingKey, into: &bytes)
            if let keepAlive = dialect.keepAlive { bytes.writeImmutableBuffer(keepAlive) }
            self.send(bytes)
        case .closeIdle: self.close(.unexpectedServerError, dialect.idleReason ?? "")
        case .closeUnanswered: self.close(.unexpectedServerError, "Idle timeout")
        case .cutOff: self.context?.close(promise: nil)
        }
        return self.isToBeCounted ? now : self.pings.rest(from: now, isHeldBack: self.isHeldBack)
    }

    private func countOutstanding() {
        if let stream = self.stream {
            self.outstanding.count(waiting: stream.untakenBytes, self.services.memory)
        } else {
            self.outstanding.count(of: self.channel, since: nil, self.services.memory)
        }
    }

    func cutOff() { self.context?.close(promise: nil) }

    var facts: ConnectionFacts? { self.dialect.facts }

    func end(byAdministrator reason: String) {
        guard !self.isOver else { return self.cutOff() }
        self.close(self.dialect.endedByAdministrator, reason)
    }

    /// What is under way is answered first, or its client would not know what was stored. Nothing more is begun.
    func shutDown() {
        guard !self.dialect.isEndedByOthers else { return }
        self.isGoingAway = true
        self.intake.drop()
        self.dialect.drop()
        self.closeIfDone()
    }
}

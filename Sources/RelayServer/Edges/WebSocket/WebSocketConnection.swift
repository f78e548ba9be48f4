import DequeModule
import NIOCore
import NIOWebSocket
import RelayAccess
import RelayCore
import RelayWire

/// One WebSocket on `/ws`: the client's frames come in, its subscriptions' messages go out.
///
/// Writes whole frames as bytes, with no encoder behind it: a batch's frames are made once and shared by all who get it.
/// Lives on its connection's loop, and keeps no messages: what the socket does not take stays in the stream.
final class WebSocketConnection: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    enum Phase {
        /// Nothing subscribed yet: the first frame must do so in time.
        case fresh
        case open
        /// A close frame was sent: nothing more is. Left when the channel closes.
        case closing
        case closed
    }

    /// Of the token that it was opened with, or of the last that an auth frame brought.
    var session: Session
    var expiry = TokenExpiry()
    let services: EdgeServices
    let loop: DeliveryLoop
    private(set) var context: ChannelHandlerContext?
    private let socket = SocketWriter()
    /// Whether the peer takes what it is sent. The channel's own answer costs a look at four objects.
    private(set) var isWritable = true
    var phase = Phase.fresh
    /// Names the connection to its client.
    let sessionID = WebSocketConnection.newSessionID()
    /// The subscriptions in the order in which they were made.
    var subscriptions: [TopicName: Subscription] = [:]
    var order: [TopicName] = []
    private var assembler: WebSocketAssembler
    private var keepAlive: KeepAlive
    /// Frames that wait until the one before them is done with, and until the client has taken what it was sent. No more
    /// than one read of the socket brings: there is no other before they are gone.
    private var inbox: Deque<ByteBuffer> = []
    private var isBusy = false
    private var isHandling = false
    /// Publishes whose result is not there yet.
    private var publishing = 0
    private var wantsRead = false

    /// Publishes that one connection may have under way before its socket is read no further.
    private static let maxPublishing = 64

    init(session: Session, services: EdgeServices, loop: DeliveryLoop) {
        self.session = session
        self.services = services
        self.loop = loop
        self.assembler = WebSocketAssembler(maxMessageBytes: services.limits.maxBodyBytes)
        self.keepAlive = KeepAlive(
            openedAt: .now(),
            subscribeWithin: services.limits.webSocketIdle,
            pingInterval: services.limits.webSocketPing
        )
    }

    private static func newSessionID() -> String {
        let number = String(UInt64.random(in: 0..<(1 << 48)), radix: 16)
        return "sess_" + String(repeating: "0", count: 12 - number.count) + number
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.services.metrics.webSocketOpened()
        self.loop.current?.connections.add(self as any LoopConnection)
        self.loop.current?.connections.add(self as any AccessWatcher)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.leave()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.leave()
        self.context = nil
    }

    private func leave() {
        guard case .closed = self.phase else {
            self.phase = .closed
            self.services.metrics.webSocketClosed()
            self.services.lastingConnections.leave(self.userID)
            self.loop.current?.connections.remove(self as any LoopConnection)
            self.loop.current?.connections.remove(self as any AccessWatcher)
            self.endSubscriptions()
            return
        }
    }

    private func endSubscriptions() {
        for subscription in self.subscriptions.values { self.loop.current?.readers.leave(subscription.reader) }
        self.subscriptions = [:]
        self.order = []
        self.inbox = []
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Whatever follows a broken frame is dropped, and must not cut short the goodbye.
        if case .closing = self.phase, error is ByteToMessageDecoderError { return }
        switch error as? NIOWebSocketError {
        case .invalidFrameLength: self.close(.messageTooLarge, "Message too large")
        case .fragmentedControlFrame, .multiByteControlFrameLength:
            self.close(.protocolError, "Malformed control frame")
        case nil: context.close(promise: nil)
        }
    }

    // MARK: Frames

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = self.unwrapInboundIn(data)
        switch self.phase {
        case .closing:
            // The answer to the close frame that was sent. It is the server that then ends the connection.
            if frame.opcode == .connectionClose { context.close(promise: nil) }
            return
        case .closed: return
        case .fresh, .open: break
        }
        self.keepAlive.heard(at: .now())
        switch self.assembler.receive(frame) {
        case .text(let text): self.received(text)
        case .binary: self.sendError(.processing, "Binary messages are not supported")
        case .ping(let data): self.sendControl(.pong, data)
        case .pong, .incomplete: break
        case .close(let code): self.answerClose(code, context)
        case .violation(let code, let reason): self.close(code, reason)
        }
    }

    /// With the answer on its way there is nothing left to wait for: RFC 6455 has the server end the connection.
    private func answerClose(_ code: UInt16?, _ context: ChannelHandlerContext) {
        let answered = context.eventLoop.makePromise(of: Void.self)
        answered.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        self.close(code.map { WebSocketErrorCode(codeNumber: Int($0)) }, "", promise: answered)
    }

    private func received(_ text: ByteBuffer) {
        self.inbox.append(text)
        self.handleInbox()
    }

    /// Handles what has come, for as long as there is room for what it leads to. A frame that is done with at once calls
    /// this again, from inside: its caller's loop goes on then.
    private func handleInbox() {
        guard !self.isHandling else { return }
        self.isHandling = true
        while self.isReceptive, let text = self.inbox.popFirst() { self.handle(text) }
        self.isHandling = false
        self.readIfWanted()
    }

    /// Frames are handled one after another: nothing overtakes a subscribe or a publish that has to ask the store first.
    func beginWork() {
        self.isBusy = true
    }

    func endWork() {
        self.isBusy = false
        self.handleInbox()
    }

    func delivered() {
        self.keepAlive.delivered()
    }

    func publishBegan() {
        self.publishing += 1
    }

    func publishEnded() {
        self.publishing -= 1
        self.handleInbox()
    }

    // MARK: Reading

    /// The socket is read while there is room for what may come: a client that publishes faster than the store stores, or
    /// asks for more than it reads, is held back by its own socket.
    func read(context: ChannelHandlerContext) {
        guard self.isReceptive else {
            self.wantsRead = true
            return
        }
        context.read()
    }

    private var isReceptive: Bool {
        !self.isBusy && self.publishing < Self.maxPublishing && self.isWritable && self.context != nil
    }

    private func readIfWanted() {
        guard self.wantsRead, self.isReceptive else { return }
        self.wantsRead = false
        self.context?.read()
    }

    // MARK: Writing

    func send(_ frame: ServerFrame) {
        self.send(WebSocketBatch.frame(frame))
    }

    private func sendControl(_ kind: WebSocketFraming.Kind, _ payload: ByteBuffer) {
        var bytes = ByteBuffer()
        WebSocketFraming.write(kind, payload, into: &bytes)
        self.send(bytes)
    }

    private func send(_ bytes: ByteBuffer) {
        switch self.phase {
        case .fresh, .open:
            self.write(bytes)
            self.flush()
        case .closing, .closed: break
        }
    }

    /// Whole frames, for the next flush.
    func write(_ bytes: ByteBuffer) {
        if let context = self.context { self.socket.add(bytes, context) }
    }

    func flush() {
        if let context = self.context { self.socket.flush(context) }
    }

    /// Sends a close frame; the client gets a moment to answer it, then the connection is closed.
    ///
    /// - Parameter promise: kept when the frame has been handed to the socket, or can't be.
    func close(_ code: WebSocketErrorCode?, _ reason: String, promise: EventLoopPromise<Void>? = nil) {
        switch self.phase {
        case .closing, .closed: return promise?.succeed(()) ?? ()
        case .fresh, .open: break
        }
        var bytes = ByteBuffer()
        if let code {
            WebSocketFraming.writeClose(code: UInt16(webSocketErrorCode: code), reason: reason, into: &bytes)
        } else {
            WebSocketFraming.write(.close, ByteBuffer(), into: &bytes)
        }
        // Before the write: its promise may close the connection at once, and what is closed must not be closing again.
        self.phase = .closing
        self.endSubscriptions()
        self.keepAlive.closing(at: .now())
        if let context = self.context {
            self.socket.queue(bytes, context, promise)
            self.socket.flush(context)
        } else {
            promise?.succeed(())
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.isWritable = context.channel.isWritable
        if self.isWritable {
            // Before the readers, which could fill the socket each time, and keep a frame that ends them waiting for good.
            self.handleInbox()
            for name in self.order {
                if let subscription = self.subscriptions[name] {
                    self.loop.current?.readers.resume(subscription.reader)
                }
            }
        }
        context.fireChannelWritabilityChanged()
    }
}

// MARK: - Time, access, shutdown

extension WebSocketConnection: LoopConnection, AccessWatcher {
    var userID: UserID { self.session.account.id }

    func tick(_ now: NIODeadline) {
        let isFresh = if case .fresh = self.phase { true } else { false }
        switch self.keepAlive.tick(now, isSubscribed: !isFresh, isWritable: self.isWritable && self.context != nil) {
        case .nothing: break
        case .ping: self.sendControl(.ping, ByteBuffer())
        case .closeIdle: self.close(.unexpectedServerError, "Idle timeout before subscribe")
        case .closeUnanswered: self.close(.unexpectedServerError, "Idle timeout")
        case .cutOff: self.context?.close(promise: nil)
        }
    }

    func accessMayHaveChanged() {
        do throws(AccessError) {
            _ = try self.session.standing(requiring: .read)
        } catch {
            return self.close(Self.closeCode(for: error), error.detail)
        }
        for subscription in self.subscriptions.values { self.loop.current?.readers.recheck(subscription.reader) }
    }

    /// Clients connect again after 1011 and give up after 1008: what the relay can't find out now is no refusal.
    static func closeCode(for error: AccessError) -> WebSocketErrorCode {
        error.status == 503 ? .unexpectedServerError : .policyViolation
    }

    func cutOff() {
        self.context?.close(promise: nil)
    }

    func shutDown() {
        self.close(.goingAway, "The relay is restarting, connect again")
    }
}

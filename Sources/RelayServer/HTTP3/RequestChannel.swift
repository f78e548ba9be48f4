import NIOCore
import NIOHTTP1
import RelayCore
import RelayHTTP3
import RelayQUIC
import Synchronization

/// A request of HTTP/3 as a channel, so that it is a connection to everything above: its stream's frames become the parts of a request and of its
/// answer, the bytes of a WebSocket, or those of the first stream of a session of WebTransport.
///
/// Lives on its loop. It is sendable because channels are; what other threads may read of it is atomic or stays as it is.
///
/// What it writes is held by the transport until the client has it. A writer sees that by the channel's writability, as with a socket.
final class RequestChannel: @unchecked Sendable {
    /// What the stream carries.
    enum Content {
        case request
        case webSocket
        /// A session that is not open yet.
        case sessionToOpen
        case session(SessionPort)
    }

    /// Bytes that wait for the client's credit or its acknowledgement, before a writer is told to pause; and those at which it goes on.
    private static let room = (most: 128 << 10, least: 64 << 10)
    /// Smaller pieces are gathered.
    private static let pieceBytes = 16 << 10
    /// How long a client may take to end its side, once the relay's has ended.
    private static let closingPatience = TimeAmount.milliseconds(250)

    let eventLoop: any EventLoop
    let allocator = ByteBufferAllocator()
    let remoteAddress: SocketAddress?
    let closeFuture: EventLoopFuture<Void>
    private let closePromise: EventLoopPromise<Void>
    private(set) lazy var pipeline = ChannelPipeline(channel: self)
    /// Read also by other threads, as channels allow.
    let active = Atomic(true)
    let writable = Atomic(true)

    let link: HTTP3Link
    private let request: HTTP3Request
    private var place: ConnectionQuota.Place?
    private(set) var content = Content.request

    private var inbox = RequestInbox()
    /// Whether whoever is behind this has asked for more since the last part.
    private var wantsMore = true
    private var isDelivering = false
    private var hasDeliveredHead = false
    /// Whether the handlers of a WebSocket or a session are not in their places.
    private var isHandlerAwaited = false
    private var isInputEnded = false
    /// For what waits to be asked for.
    private var charge = RequestCharge()

    /// Of the answer, while nothing was sent that goes with it.
    private var head: [HTTP3Field]?
    private var hasAnswered = false
    private var isOutputEnded = false
    private var gathered = ByteBuffer()
    private var promises = WrittenPromises()
    private(set) var lastTaken = NIODeadline.now()

    private init(_ request: HTTP3Request, on link: HTTP3Link, _ loop: any EventLoop) {
        self.request = request
        self.link = link
        self.eventLoop = loop
        self.remoteAddress = link.peer
        self.closePromise = loop.makePromise(of: Void.self)
        self.closeFuture = self.closePromise.futureResult
    }

    private var services: HTTPServices { self.link.services }

    // MARK: Its beginning

    static func open(
        _ request: HTTP3Request,
        _ head: StreamHead,
        holding place: consuming ConnectionQuota.Place,
        on link: HTTP3Link
    ) {
        guard let loop = request.connection.transport?.eventLoop else { return }
        let channel = RequestChannel(request, on: link, loop)
        channel.place = consume place
        request.handler = channel
        link.streamOpened()
        let connection = HTTPConnection(services: link.services, stream: channel)
        do {
            try channel.pipeline.syncOperations.addHandler(connection)
            channel.begin(head)
        } catch {
            request.reset(.internalError)
        }
    }

    private func begin(_ head: StreamHead) {
        switch head {
        case .request(let head):
            self.link.metrics.requestBegan()
            self.add(.part(.head(head)))
        case .webSocket(let head):
            guard self.opens(head, { $0.opensWebSockets }) else { return self.refuse(.notFound) }
            self.link.metrics.webSocketBegan()
            self.begin(head, as: .webSocket)
        case .session(let head):
            guard self.opens(head, { $0.opensSessions }) else { return self.refuse(.notFound) }
            self.link.metrics.sessionBegan()
            self.begin(head, as: .sessionToOpen)
        case .tooLarge:
            self.hasDeliveredHead = true
            self.pipeline.fireErrorCaught(HTTPParserError.headerOverflow)
        case .refused(let status): self.refuse(status)
        }
    }

    /// What asks for a WebSocket or for a session is whole with its head. What follows waits for the handlers that take it.
    private func begin(_ head: HTTPRequestHead, as content: Content) {
        self.content = content
        self.isHandlerAwaited = true
        self.inbox.add(.part(.head(head)))
        self.add(.part(.end(nil)))
    }

    private func opens(_ head: HTTPRequestHead, _ isSo: (any Route) -> Bool) -> Bool {
        guard let target = RequestTarget(head.uri) else { return false }
        return (self.services.routes.entry(head.method, target.path)?.route).map(isSo) ?? false
    }

    /// Answers what is not for any route.
    private func refuse(_ status: HTTPResponseStatus) {
        let reply = Reply(status, detail: status.reasonPhrase)
        self.write(reply.head(version: .http2, closes: false), reply.body, promise: nil)
        self.send(endsStream: self.isOutputEnded)
        self.stopSoon()
    }

    // MARK: What comes

    private func add(_ item: RequestInbox.Item) {
        guard self.isActive else { return }
        self.inbox.add(item)
        self.account()
        self.deliver()
    }

    /// What a WebSocket's or a session's client sends behind its head waits for the handlers that take it.
    private var isHeld: Bool { self.isHandlerAwaited && self.hasDeliveredHead }

    private func deliver() {
        guard self.wantsMore, !self.isDelivering, !self.isHeld, !self.inbox.isEmpty, self.isActive else { return }
        self.isDelivering = true
        self.wantsMore = false
        self.hasDeliveredHead = true
        let (items, bytes) = self.inbox.take()
        self.grant(bytes)
        for item in items where self.isActive {
            switch item {
            case .part(let part): self.pipeline.fireChannelRead(part)
            case .inputEnded: self.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
            }
        }
        if self.isActive { self.pipeline.fireChannelReadComplete() }
        self.isDelivering = false
        self.account()
        if self.isActive { self.pipeline.read() }
    }

    private func grant(_ count: Int) {
        if case .session(let port) = self.content { port.grant(count) } else { self.request.grant(count) }
    }

    /// Never from within whoever asks: that is at work on what came before.
    func askedForMore() {
        self.wantsMore = true
        guard !self.inbox.isEmpty, !self.isDelivering else { return }
        self.eventLoop.assumeIsolated().execute { self.deliver() }
    }

    private func account() {
        let account: MemoryAccount = if case .request = self.content { .strangers } else { .requests }
        guard !self.charge.set(self.inbox.bytes, of: account, in: self.services.memory) else { return }
        self.cancel(.excessiveLoad)
    }

    /// The client sends nothing more.
    private func inputEnded() {
        guard !self.isInputEnded else { return }
        self.isInputEnded = true
        switch self.content {
        case .request: self.add(.part(.end(nil)))
        case .webSocket, .sessionToOpen, .session: self.add(.inputEnded)
        }
    }

    // MARK: What goes out

    func begin(_ head: HTTPResponseHead, _ promise: EventLoopPromise<Void>?) {
        self.hasAnswered = self.hasAnswered || head.status.code >= 200
        let fields = StreamFields.of(head).map { HTTP3Field($0.name, $0.value) }
        // One that only says that the request was understood so far.
        if head.status.code < 200 { self.request.write(fields, isLast: false) } else { self.head = fields }
        if let promise { self.sendThrough(promise) }
    }

    func add(_ bytes: ByteBuffer, _ promise: EventLoopPromise<Void>?) {
        guard !self.isOutputEnded else { return promise?.fail(ChannelError.outputClosed) ?? () }
        if self.gathered.readableBytes + bytes.readableBytes > Self.pieceBytes { self.send(endsStream: false) }
        if self.gathered.readableBytes == 0 {
            self.gathered = bytes
        } else {
            self.gathered.writeImmutableBuffer(bytes)
        }
        if let promise { self.sendThrough(promise) }
        self.showRoom()
    }

    func end(_ promise: EventLoopPromise<Void>?) {
        guard !self.isOutputEnded else { return promise?.fail(ChannelError.outputClosed) ?? () }
        self.isOutputEnded = true
        self.send(endsStream: true)
        if let promise { self.keep(promise) }
    }

    /// Sends what is gathered; the promise is kept with it, or where there is nothing, with what was sent before.
    private func sendThrough(_ promise: EventLoopPromise<Void>) {
        self.send(endsStream: false)
        self.keep(promise)
    }

    private func keep(_ promise: EventLoopPromise<Void>) {
        self.promises.add(promise, at: self.written)
        self.taken()
    }

    func send(endsStream: Bool) {
        if let head = self.head.take() {
            self.request.write(head, isLast: endsStream && self.gathered.readableBytes == 0)
            if endsStream, self.gathered.readableBytes == 0 { return }
        }
        guard self.gathered.readableBytes > 0 || endsStream else { return }
        if case .session(let port) = self.content {
            // Until the client has opened its stream there is little to say.
            guard port.isOpen else { return }
            port.write(self.gathered)
        } else {
            self.request.write(self.gathered, isLast: endsStream)
        }
        self.gathered = ByteBuffer()
    }

    /// Bytes written in all, and those of them that the client has not.
    private var written: UInt64 {
        if case .session(let port) = self.content { port.written } else { self.request.written }
    }

    private var held: Int {
        if case .session(let port) = self.content { port.held } else { self.request.held }
    }

    private func taken() {
        self.lastTaken = .now()
        for promise in self.promises.take(through: self.written - UInt64(max(0, self.held))) { promise.succeed() }
        self.showRoom()
    }

    func showRoom() {
        let waiting = self.held + self.gathered.readableBytes
        let isWritable = self.isWritable
        guard isWritable ? waiting > Self.room.most : waiting <= Self.room.least, self.isActive else { return }
        self.writable.store(!isWritable, ordering: .relaxed)
        self.pipeline.fireChannelWritabilityChanged()
    }

    // MARK: Its end

    func close(_ mode: CloseMode) {
        guard self.isActive, mode != .input else { return }
        switch self.content {
        case .session(let port):
            self.send(endsStream: false)
            port.close(code: 0, reason: "")
        case .webSocket:
            if !self.isOutputEnded { self.end(nil) }
            if mode == .all { self.stopSoon() }
        case .request, .sessionToOpen:
            if mode == .output {
                if self.hasAnswered, !self.isOutputEnded { self.end(nil) }
            } else if !self.isOutputEnded {
                self.request.reset(self.codeOfEnd)
            } else if !self.isInputEnded {
                self.request.stop(.noError)
            }
        }
        if mode == .all { self.becomeInactive() }
    }

    /// What a client is told of a request that ends before its time.
    private var codeOfEnd: HTTP3ErrorCode {
        // Nothing was done for it, so it may be sent again.
        guard self.hasDeliveredHead else { return .requestRejected }
        return self.hasAnswered ? .internalError : .requestCancelled
    }

    /// Ends the client's side where it does not do so itself.
    private func stopSoon() {
        guard !self.isInputEnded else { return }
        let request = self.request
        self.eventLoop.assumeIsolated().scheduleTask(in: Self.closingPatience) { request.stop(.noError) }
    }

    private func cancel(_ code: HTTP3ErrorCode) {
        self.request.reset(code)
        self.becomeInactive()
    }

    /// From here on it is nobody's connection. What was sent goes on to the client.
    private func becomeInactive() {
        guard self.active.exchange(false, ordering: .relaxed) else { return }
        if case .session(let port) = self.content { port.close(code: 0, reason: "") }
        self.grant(self.inbox.take().bytes)
        _ = self.charge.set(0, of: .requests, in: self.services.memory)
        self.gathered = ByteBuffer()
        self.place = nil
        self.writable.store(false, ordering: .relaxed)
        for promise in self.promises.takeAll() { promise.fail(ChannelError.ioOnClosedChannel) }
        self.pipeline.fireChannelInactive()
        self.pipeline.fireChannelUnregistered()
        self.link.streamClosed()
        self.eventLoop.assumeIsolated().execute {
            self.removeHandlers(pipeline: self.pipeline)
            self.closePromise.succeed()
        }
    }
}

// MARK: - The request

extension RequestChannel: HTTP3RequestHandler {
    func request(_ request: HTTP3Request, received bytes: ByteBuffer) {
        guard self.isActive else { return request.grant(bytes.readableBytes) }
        self.add(.part(.body(bytes)))
    }

    func requestEnded(_ request: HTTP3Request) { self.inputEnded() }

    func requestReleased(_ request: HTTP3Request) { self.taken() }

    func requestWasCancelled(_ request: HTTP3Request) { self.cancel(.requestCancelled) }

    func requestClosed(_ request: HTTP3Request) {
        self.taken()
        self.becomeInactive()
    }
}

extension RequestChannel: RequestStream {
    var untakenBytes: Int { self.held + self.gathered.readableBytes }

    func write(_ head: HTTPResponseHead, _ body: ByteBuffer?, promise: EventLoopPromise<Void>?) {
        self.begin(head, nil)
        if let body, body.readableBytes > 0 { self.add(body, nil) }
        self.end(promise)
        // A WebSocket that is refused: its client may wait for what never comes.
        if self.isHandlerAwaited { self.stopSoon() }
    }

    func openTunnel(_ headers: HTTPHeaders) {
        self.begin(HTTPResponseHead(version: .http2, status: .ok, headers: headers), nil)
        self.send(endsStream: false)
        guard case .sessionToOpen = self.content else { return }
        let port = SessionPort(self)
        self.content = .session(port)
        port.open(self.request)
    }

    func passOn() {
        self.isHandlerAwaited = false
        self.deliver()
    }

    /// Whether it is a session, or is to be one.
    var isSession: Bool {
        switch self.content {
        case .sessionToOpen, .session: true
        case .request, .webSocket: false
        }
    }

    var session: WebTransportSession? { if case .session(let port) = self.content { port.session } else { nil } }

    func framing(of messages: SessionMessages) -> (any ChannelHandler)? {
        switch self.content {
        case .sessionToOpen, .session: SessionFrames(messages) { [weak self] in self?.endSession($0, $1) }
        case .request, .webSocket: nil
        }
    }
}

// MARK: - The session

extension RequestChannel {
    func sessionOpened() { self.flush0() }

    func sessionReceived(_ bytes: ByteBuffer) { self.add(.part(.body(bytes))) }

    func sessionEnded() { self.inputEnded() }

    func sessionReleased() { self.taken() }

    func sessionCancelled() { self.cancel(.requestCancelled) }

    /// Ends the session behind all that was written.
    func endSession(_ code: UInt32, _ reason: String) {
        guard case .session(let port) = self.content else { return }
        self.send(endsStream: false)
        port.close(code: code, reason: reason)
    }
}

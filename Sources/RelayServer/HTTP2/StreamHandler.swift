import NIOCore
import NIOHPACK
import NIOHTTP1
import NIOHTTP2
import RelayCore

/// A stream of HTTP/2 as the connection of one request: its frames become the parts of a request and of its answer, or the bytes of a WebSocket.
///
/// Lives on its loop. What it writes waits in the library until the client's window has room. A writer sees that by the channel's writability,
/// as with a socket.
final class StreamHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTP2Frame.FramePayload

    /// What the stream carries.
    private enum Content {
        case request
        /// A WebSocket that nobody takes yet, and what has come of it.
        case opening([ByteBuffer])
        case webSocket
    }

    /// Smaller pieces are gathered; larger ones are sent in parts, so that it shows when some of them are taken.
    private static let pieceBytes = 16 << 10
    /// So much may be on its way without being counted: a promise for every small message would cost more than the message.
    private static let smallChange = 4 << 10
    /// How long a client may take to end its side, once the relay's has ended.
    private static let closingPatience = TimeAmount.milliseconds(250)

    private let connection: HTTP2Connection
    private var context: ChannelHandlerContext?
    private var place: ConnectionQuota.Place?
    private var hasPlace = false
    private var isOpen = false
    private var content = Content.request
    private var isWebSocket = false

    private var hasHead = false
    private var isInputEnded = false
    /// Whether whoever is behind this has asked for more since the last part.
    private var wantsMore = true
    /// For what the client may send while nobody takes it.
    private var charge: MemoryCharge?

    /// Of the answer, while nothing was sent that goes with it.
    private var head: HPACKHeaders?
    private var hasAnswered = false
    private var isOutputEnded = false
    private var isReset = false
    private var gathered = ByteBuffer()
    /// Sent since the last piece that was counted.
    private var uncounted = 0
    private(set) var untakenBytes = 0
    private(set) var lastTaken = NIODeadline.now()

    init(_ connection: HTTP2Connection) {
        self.connection = connection
    }

    private var services: HTTPServices { self.connection.services }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.isOpen = true
        self.connection.streamOpened(context.channel)
        self.place = self.connection.takePlace()
        self.hasPlace = self.place != nil
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
        guard self.isOpen else { return }
        self.isOpen = false
        self.place = nil
        self.charge = nil
        self.gathered = ByteBuffer()
        self.connection.streamClosed()
    }

    /// The end of the stream is told by the channel's as well.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is NIOHTTP2Errors.StreamClosed { return }
        context.fireErrorCaught(error)
    }

    // MARK: What comes

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.wantsMore = false
        switch self.unwrapInboundIn(data) {
        case .headers(let headers):
            self.isInputEnded = headers.endStream
            // A second head is what follows a body. Nobody asks for it.
            if self.hasHead { self.inputEnded(context) } else { self.received(headers.headers, context) }
        case .data(let data):
            guard case .byteBuffer(let bytes) = data.data else { return }
            self.isInputEnded = data.endStream
            if bytes.readableBytes > 0 { self.received(bytes, context) }
            if data.endStream { self.inputEnded(context) }
        default: break
        }
    }

    private func received(_ fields: HPACKHeaders, _ context: ChannelHandlerContext) {
        self.hasHead = true
        guard self.hasPlace else { return self.reset(.refusedStream) }
        switch StreamHead(fields, isComplete: self.isInputEnded) {
        case .request(let head):
            self.connection.metrics.requestBegan()
            context.fireChannelRead(self.wrapInboundOut(.head(head)))
            if self.isInputEnded { context.fireChannelRead(self.wrapInboundOut(.end(nil))) }
        case .webSocket(let head):
            guard self.leadsToWebSocket(head) else { return self.refuse(.notFound) }
            self.connection.metrics.webSocketBegan()
            self.content = .opening([])
            self.isWebSocket = true
            context.fireChannelRead(self.wrapInboundOut(.head(head)))
            context.fireChannelRead(self.wrapInboundOut(.end(nil)))
        case .session: self.refuse(.notImplemented)
        case .tooLarge: context.fireErrorCaught(HTTPParserError.headerOverflow)
        case .refused(let status): self.refuse(status)
        }
    }

    private func leadsToWebSocket(_ head: HTTPRequestHead) -> Bool {
        guard let target = RequestTarget(head.uri) else { return false }
        return self.services.routes.entry(head.method, target.path)?.route.opensWebSockets ?? false
    }

    private func received(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        switch self.content {
        case .request: context.fireChannelRead(self.wrapInboundOut(.body(bytes)))
        case .opening(var held):
            held.append(bytes)
            self.content = .opening(held)
        case .webSocket: context.fireChannelRead(self.wrapInboundOut(.body(bytes)))
        }
    }

    private func inputEnded(_ context: ChannelHandlerContext) {
        switch self.content {
        case .request: context.fireChannelRead(self.wrapInboundOut(.end(nil)))
        case .opening: break
        // As with a socket whose other end sends nothing more.
        case .webSocket: context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        self.account()
    }

    func read(context: ChannelHandlerContext) {
        self.wantsMore = true
        self.charge = nil
        context.read()
    }

    /// While nobody asks for more, the client may send as much as its window holds. That is charged as a whole: how much of it has come, the
    /// library does not say.
    private func account() {
        guard self.isOpen, !self.wantsMore, !self.isInputEnded, self.charge == nil else { return }
        self.charge = self.services.memory.hold(HTTP2Limits.window, in: self.isWebSocket ? .requests : .strangers)
        if self.charge == nil { self.reset(.enhanceYourCalm) }
    }

    // MARK: What goes out

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch self.unwrapOutboundIn(data) {
        case .head(let head): self.begin(head, promise)
        case .body(.byteBuffer(let bytes)): self.add(bytes, promise)
        case .body(.fileRegion): preconditionFailure("the relay sends no files")
        case .end: self.end(promise)
        }
    }

    func flush(context: ChannelHandlerContext) {
        self.writeHead(endsStream: false, nil)
        self.sendGathered(endsStream: false, nil)
        context.flush()
    }

    private func begin(_ head: HTTPResponseHead, _ promise: EventLoopPromise<Void>?) {
        guard !self.isReset else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        let fields = StreamFields.of(head)
        // One that only says that the request was understood so far.
        if head.status.code < 200 {
            let payload = HTTP2Frame.FramePayload.headers(.init(headers: fields))
            self.context?.write(self.wrapOutboundOut(payload), promise: promise)
            return
        }
        self.hasAnswered = true
        self.head = fields
        if promise != nil { self.writeHead(endsStream: false, promise) }
    }

    private func writeHead(endsStream: Bool, _ promise: EventLoopPromise<Void>?) {
        guard let head = self.head.take(), let context = self.context else { return promise?.succeed(()) ?? () }
        let payload = HTTP2Frame.FramePayload.headers(.init(headers: head, endStream: endsStream))
        context.write(self.wrapOutboundOut(payload), promise: promise)
    }

    private func add(_ bytes: ByteBuffer, _ promise: EventLoopPromise<Void>?) {
        guard !self.isOutputEnded, !self.isReset else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        let size = self.gathered.readableBytes
        if size == 0 {
            self.gathered = bytes
        } else if size + bytes.readableBytes <= Self.pieceBytes {
            self.gathered.writeImmutableBuffer(bytes)
        } else {
            self.sendGathered(endsStream: false, nil)
            self.gathered = bytes
        }
        if let promise { self.sendThrough(promise) }
    }

    /// Sends what is gathered; the promise is kept with it, or where there is nothing, with what was sent before.
    private func sendThrough(_ promise: EventLoopPromise<Void>) {
        self.writeHead(endsStream: false, nil)
        if self.gathered.readableBytes > 0 { return self.sendGathered(endsStream: false, promise) }
        guard self.uncounted > 0 || self.untakenBytes > 0 else { return promise.succeed(()) }
        self.send(ByteBuffer(), endsStream: false, promise)
    }

    private func end(_ promise: EventLoopPromise<Void>?) {
        guard !self.isOutputEnded, !self.isReset else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        self.isOutputEnded = true
        if self.head != nil, self.gathered.readableBytes == 0 { return self.writeHead(endsStream: true, promise) }
        self.writeHead(endsStream: false, nil)
        self.sendGathered(endsStream: true, promise)
    }

    private func sendGathered(endsStream: Bool, _ promise: EventLoopPromise<Void>?) {
        var bytes = self.gathered
        self.gathered = ByteBuffer()
        while bytes.readableBytes > Self.pieceBytes, let piece = bytes.readSlice(length: Self.pieceBytes) {
            self.send(piece, endsStream: false, nil)
        }
        if bytes.readableBytes > 0 || endsStream { self.send(bytes, endsStream: endsStream, promise) }
    }

    private func send(_ bytes: ByteBuffer, endsStream: Bool, _ promise: EventLoopPromise<Void>?) {
        guard let context = self.context else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        self.uncounted += bytes.readableBytes
        var promise = promise
        if promise != nil || self.uncounted > Self.smallChange {
            let taken = promise ?? context.eventLoop.makePromise(of: Void.self)
            let counted = self.uncounted
            self.uncounted = 0
            self.untakenBytes += counted
            taken.futureResult.assumeIsolated().whenComplete { _ in
                self.untakenBytes -= counted
                self.lastTaken = .now()
            }
            promise = taken
        }
        let payload = HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(bytes), endStream: endsStream))
        context.write(self.wrapOutboundOut(payload), promise: promise)
    }

    // MARK: Its end

    /// Whoever ends its side of a connection ends its side of the stream. Whoever closes a connection ends both.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        promise?.succeed(())
        guard self.isOpen, !self.isReset, mode != .input else { return }
        switch self.content {
        case .webSocket:
            if !self.isOutputEnded {
                self.end(nil)
                context.flush()
            }
            if mode == .all { self.resetSoon() }
        case .request, .opening:
            if mode == .all {
                self.reset(self.codeOfEnd)
            } else if self.hasAnswered, !self.isOutputEnded {
                self.end(nil)
                context.flush()
            }
        }
    }

    /// What a client is told of a request that ends before its time.
    private var codeOfEnd: HTTP2ErrorCode {
        // Nothing was done for it, so it may be sent again.
        guard self.hasHead else { return .refusedStream }
        guard self.hasAnswered else { return .cancel }
        return self.isOutputEnded && self.untakenBytes == 0 ? .noError : .internalError
    }

    private func reset(_ code: HTTP2ErrorCode) {
        guard self.isOpen, !self.isReset, let context = self.context else { return }
        self.isReset = true
        self.gathered = ByteBuffer()
        self.head = nil
        context.writeAndFlush(self.wrapOutboundOut(.rstStream(code)), promise: nil)
    }

    /// Ends the client's side where it does not do so itself. At once the library would drop what it has not sent.
    private func resetSoon() {
        guard !self.isInputEnded, let context = self.context else { return }
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.closingPatience) { self.reset(.noError) }
    }

    /// Answers what is not for any route.
    private func refuse(_ status: HTTPResponseStatus) {
        let reply = Reply(status, detail: status.reasonPhrase)
        self.write(reply.head(version: .http2, closes: false), reply.body, promise: nil)
        self.context?.flush()
        self.resetSoon()
    }
}

extension StreamHandler: RequestStream {
    func write(_ head: HTTPResponseHead, _ body: ByteBuffer?, promise: EventLoopPromise<Void>?) {
        self.begin(head, nil)
        if let body, body.readableBytes > 0 { self.add(body, nil) }
        self.end(promise)
        // A WebSocket that is refused: its client may wait for what never comes.
        if self.isWebSocket { self.resetSoon() }
    }

    func openTunnel(_ headers: HTTPHeaders) {
        self.begin(HTTPResponseHead(version: .http2, status: .ok, headers: headers), nil)
        self.writeHead(endsStream: false, nil)
    }

    func passOn() {
        guard let context = self.context, case .opening(let held) = self.content else { return }
        self.content = .webSocket
        for bytes in held { context.fireChannelRead(self.wrapInboundOut(.body(bytes))) }
        if !held.isEmpty { context.fireChannelReadComplete() }
        if self.isInputEnded { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
    }
}

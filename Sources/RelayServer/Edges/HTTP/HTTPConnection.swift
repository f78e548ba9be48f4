import NIOCore
import NIOHTTP1
import RelayCore

/// One HTTP/1.1 connection: gathers requests, hands them to their route, and writes what comes back.
///
/// One request at a time: what comes behind one that is not answered yet is kept, and nothing more is read until it is.
final class HTTPConnection: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    enum Phase {
        /// Between requests. Left by a head.
        case idle
        /// A head has come, its body is coming. Left by the body's end, or by a refusal.
        case receiving(HTTPRequestHead, ByteBuffer?)
        /// A request is complete, but the peer has not taken the answers before it. Left when the socket takes bytes again:
        /// who pipelines requests and reads no answers must not fill memory with them.
        case holding(Exchange)
        /// A route has the request. Left when it has answered.
        case answering(Exchange)
        /// Refused before the request was complete: the rest of it is taken and dropped, since closing with unread bytes in
        /// the socket would reset the connection under the answer. Left at the request's end, when the peer falls silent, or
        /// after a time that no byte extends.
        case lingering(until: NIODeadline, answered: EventLoopFuture<Void>)
        /// Answered, and about to close: whatever comes is dropped.
        case discarding
        /// Gone, or handed over to another protocol. Final.
        case closed
    }

    let services: EdgeServices
    /// The same pipeline's.
    let encoder: ResponseEncoder
    let decoder: RequestDecoder
    private(set) var context: ChannelHandlerContext?
    private(set) var loop: DeliveryLoop?
    var phase = Phase.idle
    /// When the current phase must be over.
    var deadline = NIODeadline.distantFuture
    /// Whether the peer has stopped taking its answer.
    var stall = WriteStall()
    /// Whether something was written since what the peer has not taken was counted last.
    var hasWritten = false
    /// Of what was written, what the peer has not taken.
    private(set) var untaken: UntakenAnswers?
    /// Whether the relay is stopping: what would wait must end at once.
    var isShuttingDown = false
    var pipelined = PipelinedInput()
    var hasDecodedRequest = false
    var hasDecoderFailed = false
    /// Whether what the decoder is giving is the connection's last request.
    var isLastDecoded = false

    init(services: EdgeServices, encoder: ResponseEncoder, decoder: RequestDecoder) {
        self.services = services
        self.encoder = encoder
        self.decoder = decoder
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { self.opened(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        self.opened(context)
        context.fireChannelActive()
    }

    private func opened(_ context: ChannelHandlerContext) {
        guard self.loop == nil else { return }
        let loop = self.services.loops[context.eventLoop]
        self.loop = loop
        self.deadline = .now() + self.services.timeouts.header
        loop.current?.connections.add(self)
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
        if case .answering(let exchange) = self.phase { exchange.cancelled() }
        self.phase = .closed
        self.pipelined.drop()
        self.loop?.current?.connections.remove(self)
    }

    /// The peer sent what is no HTTP, in the place of a request or in the midst of one.
    func received(_ error: HTTPParserError) {
        switch self.phase {
        case .idle: self.refuse(nil, Self.refusal(of: error))
        case .receiving(let head, _): self.refuse(head, Self.refusal(of: error))
        case .lingering: self.endLingering()
        // Answered already, and closing.
        case .discarding: break
        case .holding, .answering, .closed: self.context?.close(promise: nil)
        }
    }

    private static func refusal(of error: HTTPParserError) -> Reply {
        error == .headerOverflow
            ? Reply(.requestHeaderFieldsTooLarge, detail: "Request Header Fields Too Large")
            : Reply(.badRequest, detail: "Bad Request")
    }

    // MARK: Requests

    func received(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head): self.received(head)
        case .body(let bytes): self.received(bytes)
        case .end: self.receivedEnd()
        }
    }

    private func received(_ head: HTTPRequestHead) {
        guard case .idle = self.phase else { return }
        self.phase = .receiving(head, nil)
        self.deadline = .now() + self.services.timeouts.read
        if let refusal = self.services.gate.refusal(for: head) {
            return self.refuseEarly(head, refusal)
        }
        // The decoder lets digits through only: what is no number here is too large for one.
        if let length = head.headers.first(name: "content-length"),
            Int(length) ?? .max > self.services.limits.maxBodyBytes
        {
            return self.refuseEarly(head, .payloadTooLarge)
        }
        if head.headers.first(name: "expect")?.lowercased() == "100-continue" {
            self.context?.writeAndFlush(
                self.wrapOutboundOut(.head(HTTPResponseHead(version: head.version, status: .continue))),
                promise: nil
            )
        }
    }

    private func received(_ bytes: ByteBuffer) {
        if case .lingering(let end, let answered) = self.phase { self.linger(until: end, answered: answered) }
        guard case .receiving(let head, var body) = self.phase else { return }
        guard (body?.readableBytes ?? 0) + bytes.readableBytes <= self.services.limits.maxBodyBytes else {
            return self.refuseEarly(head, .payloadTooLarge)
        }
        self.phase = .discarding
        if body == nil { body = bytes } else { body?.writeImmutableBuffer(bytes) }
        self.phase = .receiving(head, body)
    }

    private func receivedEnd() {
        if case .lingering = self.phase { self.endLingering() }
        guard case .receiving(let head, let body) = self.phase else { return }
        let exchange = Exchange(head: head, body: body ?? ByteBuffer(), connection: self)
        self.deadline = .distantFuture
        guard self.isWritable else {
            self.phase = .holding(exchange)
            return
        }
        self.begin(exchange)
    }

    private func begin(_ exchange: Exchange) {
        self.phase = .answering(exchange)
        self.services.routes.handle(exchange)
    }

    /// Answers what can't be heard out: a request that is malformed or late.
    func refuse(_ head: HTTPRequestHead?, _ reply: Reply) {
        var reply = reply
        reply.closes = true
        self.write(reply, for: head, requestID: head.map(RequestID.of))
    }

    /// Answers a request that is still being sent, and hears it out.
    private func refuseEarly(_ head: HTTPRequestHead, _ reply: Reply) {
        var reply = reply
        reply.closes = true
        self.write(reply, for: head, requestID: RequestID.of(head), hearsOut: true)
    }
}

// MARK: - Responses

extension HTTPConnection {
    /// The exchange's answer, complete.
    ///
    /// - Parameter charge: held until the peer has taken the answer.
    func answer(_ exchange: Exchange, _ reply: Reply, _ charge: MemoryCharge?) {
        guard case .answering(let current) = self.phase, current === exchange else { return }
        self.phase = .idle
        self.deadline = .now() + self.services.timeouts.idle
        self.write(reply, for: exchange.head, requestID: exchange.requestID, charge: charge)
    }

    private func write(
        _ reply: Reply,
        for head: HTTPRequestHead?,
        requestID: String?,
        hearsOut: Bool = false,
        charge: MemoryCharge? = nil
    ) {
        guard let context = self.context else { return }
        let closes = reply.closes || self.isShuttingDown || !(head?.keepsConnection ?? false)
        let isHead = head?.method == .HEAD
        var response = self.responseHead(reply, for: head, closes: closes)
        if let head, let requestID {
            self.services.gate.decorate(&response.headers, for: head, requestID: requestID)
        }
        self.hasWritten = true
        let done = closes || charge != nil ? context.eventLoop.makePromise(of: Void.self) : nil
        if let charge { done?.futureResult.whenComplete { _ in withExtendedLifetime(charge) {} } }
        // Requests that were sent behind this one are not heard: nobody could learn what came of them.
        if closes, let answered = done?.futureResult {
            if hearsOut, !self.isShuttingDown {
                self.linger(until: .now() + self.services.timeouts.read, answered: answered)
            } else {
                self.closeAfter(answered, context)
            }
        }
        self.encoder.write(response, isHead ? nil : reply.body, promise: done)
        self.goOn()
    }

    private func responseHead(_ reply: Reply, for head: HTTPRequestHead?, closes: Bool) -> HTTPResponseHead {
        var response = HTTPResponseHead(
            version: head?.version ?? .http1_1,
            status: reply.status,
            headers: reply.headers
        )
        if reply.status.mayHaveResponseBody {
            response.headers.add(name: "content-length", value: String(reply.lengthOfHead ?? reply.body.readableBytes))
        }
        if closes {
            response.headers.add(name: "connection", value: "close")
        } else if let head, head.version == .http1_0 {
            response.headers.add(name: "connection", value: "keep-alive")
        }
        return response
    }

    /// The channel goes over to another protocol: nothing here has a say any more.
    func handOver() {
        self.phase = .closed
        self.pipelined.drop()
        self.loop?.current?.connections.remove(self)
        self.releaseRead()
    }

    /// Begins a response of unknown length; ``writePart(_:)`` goes on with it.
    func startStream(_ exchange: Exchange, headers: HTTPHeaders) {
        guard let context = self.context else { return }
        var response = HTTPResponseHead(version: exchange.head.version, status: .ok, headers: headers)
        self.services.gate.decorate(&response.headers, for: exchange.head, requestID: exchange.requestID)
        context.writeAndFlush(self.wrapOutboundOut(.head(response)), promise: nil)
    }

    func writePart(_ bytes: ByteBuffer) {
        self.hasWritten = true
        self.context?.write(self.wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
    }

    func flush() {
        self.context?.flush()
    }

    /// Ends a stream, and the connection with it.
    func endStream(_ exchange: Exchange) {
        guard let context = self.context, case .answering(let current) = self.phase, current === exchange else {
            return
        }
        self.deadline = .now() + self.services.timeouts.write
        let done = context.eventLoop.makePromise(of: Void.self)
        self.closeAfter(done.futureResult, context)
        context.write(self.wrapOutboundOut(.end(nil)), promise: done)
        self.goOn()
    }

    var isWritable: Bool { self.context?.channel.isWritable ?? false }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let isWritable = context.channel.isWritable
        self.stall.writabilityChanged(to: isWritable, at: .now())
        if isWritable {
            switch self.phase {
            case .holding(let exchange): self.begin(exchange)
            case .answering(let exchange): exchange.drained()
            case .idle, .receiving, .lingering, .discarding, .closed: break
            }
        }
        context.fireChannelWritabilityChanged()
    }

    /// Charges what is still here of answers that were too small to be charged when they were made. Called about once a second.
    func countUntaken() {
        guard self.hasWritten || self.untaken != nil, let channel = self.context?.channel else { return }
        let pending = (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        self.hasWritten = pending > 0
        self.untaken = self.untaken.counting(pending, since: self.stall.since, self.services.memory)
    }
}

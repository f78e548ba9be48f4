import NIOCore
import NIOHTTP1
import RelayCore

/// One HTTP/1.1 connection, or one stream of an HTTP/2 connection, which carries one request: gathers requests, hands them to their route, and
/// writes what comes back.
///
/// One request at a time: what comes behind one that is not answered yet is kept, and nothing more is read until it is. A
/// request's head is decided on before its body is taken.
final class HTTPConnection: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// For how long a peer whose request was refused may send nothing of the rest.
    private static let refusedSilence = TimeAmount.seconds(5)

    let services: HTTPServices
    /// The same pipeline's; nil on a stream.
    let encoder: ResponseEncoder?
    let decoder: RequestDecoder
    /// Nil where the connection is the request's alone.
    let stream: (any RequestStream)?
    let isEncrypted: Bool
    private(set) var context: ChannelHandlerContext?
    private(set) var loop: DeliveryLoop?
    var phase = Phase.idle
    /// When the current phase must be over.
    var deadline = NIODeadline.distantFuture
    /// Whether the peer has stopped taking its answer.
    var stall = WriteStall()
    /// Of what was written, what the peer may still lack.
    var outstanding = Outstanding()
    /// Whether the relay is stopping: what would wait must end at once.
    var isShuttingDown = false
    /// Whether the peer sends nothing any more. It may have left, or wait for its answers.
    private(set) var isInputClosed = false
    private var pipelined = PipelinedInput()
    private var charge = RequestCharge()
    var progress = DecoderProgress()

    init(services: HTTPServices, encoder: ResponseEncoder, decoder: RequestDecoder) {
        self.services = services
        self.encoder = encoder
        self.decoder = decoder
        self.stream = nil
        self.isEncrypted = encoder.isEncrypted
    }

    /// On a stream, whose handler is the one before it in the pipeline.
    init(services: HTTPServices, stream: any RequestStream) {
        self.services = services
        self.encoder = nil
        self.decoder = RequestDecoder(hears: false)
        self.stream = stream
        self.isEncrypted = true
    }

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

    func leave() {
        self.phase.exchange?.cancelled()
        self.phase = .closed
        self.pipelined.drop()
        self.account()
        self.loop?.current?.connections.remove(self)
    }

    // MARK: One request at a time

    private var mustWait: Bool { self.phase.isBusy || self.hasMore }

    /// Whether something waits behind the current request.
    var hasMore: Bool { !self.pipelined.isEmpty }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = self.unwrapInboundIn(data)
        self.progress.gave(part)
        self.decoder.gave(part)
        self.arrived(part)
    }

    private func arrived(_ part: HTTPServerRequestPart, _ known: KnownHead? = nil) {
        if self.mustWait { self.pipelined.add(.part(part)) } else { self.received(part, known) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.phase.exchange?.hasWaited = true
        self.account()
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is HTTPParserError { self.progress.failed() }
        // What comes behind a broken request must not cut short its answer.
        if case .discarding = self.phase { return }
        guard let error = error as? HTTPParserError else { return context.close(promise: nil) }
        if self.mustWait { self.pipelined.add(.malformed(error)) } else { self.received(error) }
    }

    func read(context: ChannelHandlerContext) {
        if self.phase.isBusy { self.pipelined.isReadHeld = true } else { context.read() }
    }

    /// A response is written, or a body is wanted. Takes what came behind, up to the next request that is not answered at once. Flushes all
    /// answers together.
    func goOn() {
        guard !self.pipelined.isBeingTaken else { return }
        self.pipelined.isBeingTaken = true
        while !self.phase.isBusy, let event = self.pipelined.next() {
            switch event {
            case .part(let part): self.received(part)
            case .malformed(let error): self.received(error)
            case .overflow: self.refuse(nil, .noRoom)
            }
        }
        self.pipelined.isBeingTaken = false
        self.account()
        if !self.phase.isBusy { self.releaseRead() }
        if self.loop?.current?.lateAnswers.take(self) != true { self.flushAnswers() }
    }

    /// Asks for the read that was held back.
    func releaseRead() {
        guard self.pipelined.isReadHeld else { return }
        self.pipelined.isReadHeld = false
        self.context?.read()
    }

    /// The peer has sent its last byte. Requests that are complete are answered, and then the connection ends. A peer that still listens and
    /// one that has left look alike until something is written.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed {
            self.isInputClosed = true
            switch self.phase {
            case .idle: self.closeAfter(self.writeNothing(context), context)
            case .receiving: context.close(promise: nil)
            case .refused: self.endRefused()
            case .answering(let exchange): exchange.inputClosed()
            case .admitting, .holding, .discarding, .closed: break
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// Charges what is held of requests that are not answered. Where there is no room for it, they are refused.
    private func account() {
        guard !self.isCharged() else { return }
        switch self.phase {
        case .admitting(let exchange), .receiving(let exchange):
            guard self.hasMore else { return exchange.answer(.noRoom) }
            // What waits may end this request, or begin others: all of it goes, and so the connection ends.
            self.pipelined.drop()
            exchange.cancelled()
            self.refuse(exchange, .noRoom)
        case .idle: self.refuse(nil, .noRoom)
        case .holding: self.context?.close(promise: nil)
        case .answering(let exchange):
            // What is left of a body's chunks can't be told from a head: an answer to that would belong to no request.
            self.pipelined.overflow(hasBegun: self.decoder.pendingBytes > 0 && !exchange.facts.isChunked)
            self.endHearing(behind: exchange)
            _ = self.isCharged()
        case .refused, .discarding, .closed: break
        }
    }

    /// - Returns: false where there was no room; then nothing is charged.
    private func isCharged() -> Bool {
        let exchange = self.phase.exchange
        var held = self.pipelined.bytes + (exchange?.heldBytes ?? 0) + self.decoder.pendingBytes
        // The decoder goes with the pipeline, or what it has goes to another protocol.
        if case .closed = self.phase { held = 0 }
        return self.charge.set(held, of: exchange?.admission == nil ? .strangers : .requests, in: self.services.memory)
    }

    // MARK: Requests

    private func received(_ part: HTTPServerRequestPart, _ known: KnownHead? = nil) {
        switch part {
        case .head(let head): self.received(head, known)
        case .body(let bytes): self.received(bytes)
        case .end: self.receivedEnd()
        }
    }

    private func received(_ head: HTTPRequestHead, _ known: KnownHead?) {
        guard case .idle = self.phase else { return }
        guard let exchange = Exchange(head, known, connection: self) else { return self.refuse(nil, .badRequest) }
        self.phase = .admitting(exchange)
        self.deadline = exchange.started + self.services.timeouts.read
        if let refusal = self.services.gate.refusal(for: exchange.head, exchange.facts, path: exchange.path) {
            return exchange.answer(refusal)
        }
        if exchange.facts.hasBody { exchange.handler.admit(exchange) } else { self.phase = .receiving(exchange) }
    }

    /// The exchange's route takes its body.
    func admit(_ exchange: Exchange) {
        guard case .admitting(let current) = self.phase, current === exchange else { return }
        guard exchange.facts.contentLength ?? 0 <= exchange.maxBodyBytes else {
            return exchange.answer(.payloadTooLarge)
        }
        if let refusal = exchange.codingRefusal { return exchange.answer(refusal) }
        self.phase = .receiving(exchange)
        if exchange.facts.expectsContinue { self.sayContinue(to: exchange) }
        // Those that waited for this.
        if self.pipelined.isReadHeld || !self.pipelined.isEmpty { self.goOn() }
    }

    private func received(_ bytes: ByteBuffer) {
        switch self.phase {
        case .receiving(let exchange):
            if !exchange.received(bytes) { exchange.answer(.payloadTooLarge) }
        case .refused(let end, _):
            self.deadline = min(end, .now() + Self.refusedSilence)
        case .idle, .admitting, .holding, .answering, .discarding, .closed: break
        }
    }

    private func receivedEnd() {
        switch self.phase {
        case .receiving(let exchange):
            self.deadline = .distantFuture
            if self.isWritable { self.begin(exchange) } else { self.phase = .holding(exchange) }
        case .refused: self.endRefused()
        case .idle, .admitting, .holding, .answering, .discarding, .closed: break
        }
    }

    private func begin(_ exchange: Exchange) {
        self.phase = .answering(exchange)
        if let refusal = exchange.decodeBody() { return exchange.answer(refusal) }
        exchange.handler.handle(exchange)
    }

    /// The peer sent what is no HTTP, in the place of a request or in the midst of one.
    private func received(_ error: HTTPParserError) {
        switch self.phase {
        case .idle: self.refuse(nil, Reply(error))
        case .receiving(let exchange): self.refuse(exchange, Reply(error))
        case .refused(_, let answered):
            if answered == nil { self.context?.close(promise: nil) } else { self.endRefused() }
        // Answered already, and closing.
        case .discarding: break
        case .admitting, .holding, .answering, .closed: self.context?.close(promise: nil)
        }
    }

    // MARK: Answers

    /// The exchange's answer, complete.
    ///
    /// - Parameter charge: held until the peer has taken the answer.
    func answer(_ exchange: Exchange, _ reply: Reply, _ charge: MemoryCharge?, at now: NIODeadline) {
        guard self.phase.exchange === exchange else { return }
        switch self.phase {
        case .answering:
            self.phase = .idle
            self.deadline = now + self.services.timeouts.idle
            guard charge != nil || !self.isUsual(reply, exchange) else { return self.writeUsual(reply, exchange) }
            self.write(reply, for: exchange, charge: charge)
        case .admitting, .receiving: self.answerEarly(exchange, reply)
        case .idle, .holding, .refused, .discarding, .closed: break
        }
    }

    /// Answers a request that is still being sent, and hears it out. The connection goes on afterwards where that can't take long: who
    /// waits for a word before it sends the body may now send none.
    private func answerEarly(_ exchange: Exchange, _ reply: Reply) {
        var reply = reply
        let endsSoon = exchange.facts.endsSoon(within: self.services.maxBodyBytes)
        reply.closes = reply.closes || !endsSoon || self.isInputClosed
        self.write(reply, for: exchange, hearsOut: true)
    }

    /// Answers what can't be heard out: a request that is malformed or late.
    func refuse(_ exchange: Exchange?, _ reply: Reply) {
        var reply = reply
        reply.closes = true
        self.write(reply, for: exchange)
    }

    private func write(
        _ reply: Reply,
        for exchange: Exchange?,
        hearsOut: Bool = false,
        charge: MemoryCharge? = nil
    ) {
        if let stream = self.stream { return self.write(reply, for: exchange, on: stream, hearsOut, charge) }
        guard let context = self.context, let encoder = self.encoder else { return }
        let closes = reply.closes || self.isLast(exchange)
        var head = reply.head(version: exchange?.head.version ?? .http1_1, closes: closes)
        self.decorate(&head.headers, for: exchange)
        self.outstanding.wrote()
        let done = closes || charge != nil ? context.eventLoop.makePromise(of: Void.self) : nil
        if let charge { done?.futureResult.whenComplete { _ in withExtendedLifetime(charge) {} } }
        // Requests that were sent behind the last are not heard: nobody could learn what came of them.
        if hearsOut, !self.isShuttingDown {
            self.hearOut(then: closes ? done?.futureResult : nil)
        } else if closes, let done {
            self.closeAfter(done.futureResult, context)
        }
        encoder.write(head, exchange?.head.method == .HEAD ? nil : reply.body, promise: done)
        self.goOn()
    }

    /// Takes and drops the rest of a request that is answered.
    func hearOut(then answered: EventLoopFuture<Void>?) {
        let end = NIODeadline.now() + self.services.timeouts.read
        self.phase = .refused(until: end, answered: answered)
        self.deadline = min(end, .now() + Self.refusedSilence)
    }

    /// - Parameter taken: completed when the socket has taken the part, or never will.
    func writePart(_ bytes: ByteBuffer, _ taken: EventLoopPromise<Void>) {
        guard let context = self.context else { return taken.fail(ChannelError.ioOnClosedChannel) }
        self.deadline = .now() + self.services.timeouts.write
        self.outstanding.wrote()
        context.writeAndFlush(self.wrapOutboundOut(.body(.byteBuffer(bytes))), promise: taken)
    }

    /// The last part is taken.
    func endParts(_ exchange: Exchange) {
        guard let context = self.context, case .answering(let current) = self.phase, current === exchange else {
            return
        }
        if self.isLast(exchange) || exchange.head.version != .http1_1 { return self.endStream(exchange) }
        self.phase = .idle
        self.deadline = .now() + self.services.timeouts.idle
        context.write(self.wrapOutboundOut(.end(nil)), promise: nil)
        self.goOn()
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

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let isWritable = context.channel.isWritable
        self.stall.writabilityChanged(to: isWritable, at: .now())
        if isWritable {
            switch self.phase {
            case .holding(let exchange): self.begin(exchange)
            case .answering(let exchange): exchange.drained()
            case .idle, .admitting, .receiving, .refused, .discarding, .closed: break
            }
        }
        context.fireChannelWritabilityChanged()
    }

    // MARK: Closing

    /// The rest of a refused request is over, or has taken long enough.
    func endRefused() {
        guard case .refused(_, let answered) = self.phase, let context = self.context else { return }
        if let answered {
            self.deadline = .distantFuture
            self.closeAfter(answered, context)
        } else if self.isInputClosed, self.pipelined.isEmpty {
            self.closeAfter(self.writeNothing(context), context)
        } else {
            self.phase = .idle
            self.deadline = .now() + self.services.timeouts.idle
        }
    }

    /// Sends our end of the stream and leaves the peer a moment to read it: a close over unread bytes would reset the connection. A peer
    /// that takes nothing is waited for as one between two requests, because a socket that holds little counts as writable for ever.
    private func closeAfter(_ written: EventLoopFuture<Void>, _ context: ChannelHandlerContext) {
        self.phase = .discarding
        self.decoder.isDeaf = true
        self.pipelined.drop()
        self.deadline = min(self.deadline, .now() + self.services.timeouts.idle)
        context.channel.close(after: written)
    }
}

extension HTTPConnection: ScannedRequestReceiver {
    func received(_ request: RequestHeadScanner.Request) {
        self.arrived(.head(request.head), request.known)
        self.arrived(.body(request.body))
        self.arrived(.end(nil))
    }
}

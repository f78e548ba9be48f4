import NIOCore

/// Sends one request over and over on one connection, each time when the one before is answered.
final class RequestHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    /// An outbound event: one run. It waits its turn while another is under way.
    struct Run: Sendable {
        var request: ByteBuffer
        /// No request is sent after it; in the past, the run is a single request.
        var until: NIODeadline
        var done: EventLoopPromise<Answers>
    }

    private var wire = RequestWire.http
    private var inbox = Inbox()
    private var run: Run?
    private var waiting = CircularBuffer<Run>()
    private var answers = Answers()

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard let run = event as? Run else {
            context.triggerUserOutboundEvent(event, promise: promise)
            return
        }
        promise?.succeed()
        self.waiting.append(run)
        self.startNext(context: context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.inbox.receive(self.unwrapInboundIn(data))
        while let answer = self.wire.read(from: &self.inbox.bytes) {
            self.received(answer, context: context)
        }
        self.inbox.settle()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.failAll(LoadError.connectionClosed)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.failAll(error)
        context.close(promise: nil)
    }

    private func received(_ answer: RequestWire.Answer, context: ChannelHandlerContext) {
        guard let run = self.run else { return }
        if let refusal = answer.refusal { return self.failAll(refusal) }
        self.answers.count += 1
        if NIODeadline.now() < run.until {
            self.send(run, context: context)
        } else {
            self.answers.lastBody = answer.body
            self.run = nil
            run.done.succeed(self.answers)
            self.startNext(context: context)
        }
    }

    private func startNext(context: ChannelHandlerContext) {
        guard self.run == nil, let next = self.waiting.popFirst() else { return }
        self.run = next
        self.answers = Answers()
        self.send(next, context: context)
    }

    private func send(_ run: Run, context: ChannelHandlerContext) {
        context.writeAndFlush(self.wrapOutboundOut(run.request), promise: nil)
    }

    private func failAll(_ error: any Error) {
        let runs = [self.run].compactMap { $0 } + self.waiting
        self.run = nil
        self.waiting.removeAll()
        for run in runs {
            run.done.fail(error)
        }
    }
}

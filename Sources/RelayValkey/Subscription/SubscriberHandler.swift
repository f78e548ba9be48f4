import NIOCore

/// Sends requests and passes on what comes, on one connection that is up and holds subscriptions. Used on its event loop only.
final class SubscriberHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What the owner is told, on the loop.
    struct Events {
        /// Returns false if it makes no sense: the connection is closed.
        var received: (SubscriberReply) -> Bool
        /// Since when the server has been silent for too long; nil when it answers again.
        var silence: (NIODeadline?) -> Void
    }

    private let configuration: ValkeyConfiguration
    private let loop: any EventLoop
    private let reader: ReplyReader
    private let events: Events
    private var pulse: Pulse
    private var batch = WriteBatch()
    private var context: ChannelHandlerContext?
    private var isSilent = false
    /// Why it closed the connection, if it did.
    private(set) var reason: ValkeyError?

    init(_ configuration: ValkeyConfiguration, _ loop: any EventLoop, _ events: Events) {
        self.configuration = configuration
        self.loop = loop
        self.reader = ReplyReader(limits: configuration.replyLimits)
        self.events = events
        self.pulse = Pulse(
            interval: configuration.pingInterval,
            patience: configuration.subscriberPatience,
            now: loop.now
        )
    }

    func send(_ command: ValkeyCommand) {
        guard self.context != nil, let encoded = command.encoded else { return }
        guard self.batch.append(encoded) else { return }
        self.loop.assumeIsolated().execute { self.flush() }
    }

    func close(_ reason: ValkeyError) {
        if self.reason == nil { self.reason = reason }
        let context = self.context
        self.context = nil
        context?.close(promise: nil)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.planTick()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.pulse.heard(now: self.loop.now)
        do throws(ValkeyError) {
            try self.reader.feed(self.unwrapInboundIn(data))
            while self.context != nil, let reply = try self.reader.next() {
                guard let reply = SubscriberReply(reply), self.events.received(reply) else {
                    throw .protocolViolation("a reply that nobody asked for")
                }
            }
        } catch {
            self.close(error)
        }
        if self.isSilent, self.context != nil { self.checkSilence() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.close(error as? ValkeyError ?? .disconnected(mayHaveRun: false, cause: error))
    }

    private func flush() {
        guard let context = self.context, let bytes = self.batch.take() else { return }
        context.writeAndFlush(self.wrapOutboundOut(bytes), promise: nil)
    }

    private func planTick() {
        self.loop.assumeIsolated().scheduleTask(in: self.configuration.tickInterval) { self.tick() }
    }

    /// Ends by itself when the connection is gone.
    private func tick() {
        guard self.context != nil else { return }
        switch self.pulse.tick(now: self.loop.now) {
        case .nothing: break
        case .ping: self.send(ValkeyCommand("PING"))
        case .dead: return self.close(.timedOut(mayHaveRun: false))
        }
        self.checkSilence()
        self.planTick()
    }

    private func checkSilence() {
        let since = self.pulse.unresponsiveSince(now: self.loop.now, after: self.configuration.unresponsiveAfter)
        guard self.isSilent != (since != nil) else { return }
        self.isSilent = since != nil
        self.events.silence(since)
    }
}

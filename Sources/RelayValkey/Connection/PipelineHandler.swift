import NIOCore

/// Sends commands and gives each its reply, on one connection that is up. Used on its event loop only.
final class PipelineHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Waiter {
        case one(@Sendable (Result<ValkeyReply, ValkeyError>) -> Void)
        case several(@Sendable (Result<[ValkeyReply], ValkeyError>) -> Void)
        case ping
    }

    /// What the owner is told, on the loop.
    struct Events {
        /// Since when the server has been silent for too long; nil when it answers again.
        var silence: (NIODeadline?) -> Void
        /// The connection is of no more use. Told once, before those who wait are.
        var ended: (ValkeyError) -> Void
    }

    private let configuration: ValkeyConfiguration
    private let loop: any EventLoop
    private let reader: ReplyReader
    private let events: Events
    private var state: PipelineState<Waiter>
    private var batch = WriteBatch()
    private var context: ChannelHandlerContext?
    /// Why it closed the connection, if it did.
    private(set) var reason: ValkeyError?
    private var isSilent = false
    private var ticker: Scheduled<Void>?
    /// Made once, so that a tick costs no closure.
    private var flushTask: @Sendable () -> Void = {}
    private let ping = ValkeyCommand("PING")

    init(_ configuration: ValkeyConfiguration, _ loop: any EventLoop, _ events: Events) {
        self.configuration = configuration
        self.loop = loop
        self.reader = ReplyReader(limits: configuration.replyLimits)
        self.events = events
        self.state = PipelineState(configuration, now: loop.now)
    }

    func send(_ command: ValkeyCommand, deadline: NIODeadline?, _ waiter: Waiter) {
        guard let context = self.context else { return waiter.fail(.unavailable(self.reason)) }
        guard let encoded = command.encoded else { return waiter.fail(.tooLarge) }
        let loop = self.loop
        let refusal = self.state.enqueue(
            waiter,
            commands: 1,
            bytes: encoded.readableBytes,
            deadline: deadline,
            now: { loop.now }
        )
        if let refusal { return waiter.fail(refusal) }
        self.write(encoded, context)
    }

    /// All of them or none, next to each other on the wire.
    func send(_ commands: [ValkeyCommand], deadline: NIODeadline?, _ waiter: Waiter) {
        guard let context = self.context else { return waiter.fail(.unavailable(self.reason)) }
        guard !commands.isEmpty, commands.allSatisfy({ $0.encoded != nil }) else { return waiter.fail(.tooLarge) }
        let loop = self.loop
        let refusal = self.state.enqueue(
            waiter,
            commands: commands.count,
            bytes: commands.reduce(0) { $0 + $1.byteCount },
            deadline: deadline,
            now: { loop.now }
        )
        if let refusal { return waiter.fail(refusal) }
        for command in commands {
            if let encoded = command.encoded { self.write(encoded, context) }
        }
    }

    /// Closes the connection. What is outstanding fails, and the reason is told as its cause.
    func close(_ reason: ValkeyError) {
        if self.reason == nil { self.reason = reason }
        guard let context = self.context else { return }
        self.end()
        context.close(promise: nil)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let me = NIOLoopBound(self, eventLoop: self.loop)
        self.flushTask = { me.value.flush() }
        self.planTick()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.state.heard(now: self.loop.now)
        do throws(ValkeyError) {
            try self.reader.feed(self.unwrapInboundIn(data))
            while self.context != nil, let reply = try self.reader.next() { try self.received(reply) }
        } catch {
            self.close(error)
        }
        if self.isSilent, self.context != nil { self.checkSilence() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.end()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.end()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.close(error as? ValkeyError ?? .disconnected(mayHaveRun: true, cause: error))
    }

    private func write(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        if self.batch.append(bytes) { self.loop.execute(self.flushTask) }
    }

    private func flush() {
        guard let context = self.context, let bytes = self.batch.take() else { return }
        self.state.flushed()
        context.writeAndFlush(self.wrapOutboundOut(bytes), promise: nil)
    }

    private func received(_ reply: ValkeyReply) throws(ValkeyError) {
        switch self.state.received(reply) {
        case .one(let waiter, let reply): waiter.succeed(reply)
        case .several(let waiter, let replies): waiter.succeed(replies)
        case .more: return
        case .unexpected: throw .protocolViolation("a reply that nobody asked for")
        }
    }

    private func planTick() {
        self.ticker = self.loop.assumeIsolated().scheduleTask(in: self.configuration.tickInterval) { self.tick() }
    }

    private func tick() {
        guard self.context != nil else { return }
        switch self.state.tick(now: self.loop.now) {
        case .nothing: break
        case .ping: self.send(self.ping, deadline: nil, .ping)
        case .overdue: return self.close(.timedOut(mayHaveRun: true))
        }
        self.checkSilence()
        self.planTick()
    }

    private func checkSilence() {
        let since = self.state.unresponsiveSince(now: self.loop.now)
        guard self.isSilent != (since != nil) else { return }
        self.isSilent = since != nil
        self.events.silence(since)
    }

    /// Tells everybody who waits. What they send from there on fails at once.
    private func end() {
        guard self.context != nil else { return }
        self.context = nil
        self.ticker?.cancel()
        self.flushTask = {}
        let reason = self.reason
        self.events.ended(reason ?? .disconnected(mayHaveRun: false))
        let ends = self.state.drain(now: self.loop.now) { mayHaveRun, isOverdue in
            if let reason, reason.code == .closed {
                return ValkeyError(code: .closed, message: reason.message, mayHaveRun: mayHaveRun)
            }
            return isOverdue ? .timedOut(mayHaveRun: mayHaveRun) : .disconnected(mayHaveRun: mayHaveRun, cause: reason)
        }
        for (waiter, error) in ends { waiter.fail(error) }
    }
}

extension PipelineHandler.Waiter {
    fileprivate func succeed(_ reply: ValkeyReply) {
        switch self {
        case .one(let completion):
            if case .error(let error) = reply {
                completion(.failure(.server(error)))
            } else {
                completion(.success(reply))
            }
        case .several(let completion): completion(.success([reply]))
        case .ping: return
        }
    }

    fileprivate func succeed(_ replies: [ValkeyReply]) {
        switch self {
        case .several(let completion): completion(.success(replies))
        case .one, .ping: return
        }
    }

    func fail(_ error: ValkeyError) {
        switch self {
        case .one(let completion): completion(.failure(error))
        case .several(let completion): completion(.failure(error))
        case .ping: return
        }
    }
}

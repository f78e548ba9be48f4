import Glibc
import NIOCore

/// Carries out what ``TunnelFlow`` decides, between a local program's channel, whose last handler it is, and the tunnel's connections, one after
/// another.
///
/// Owner of all state: the event loop of the local channel, which the connections have too.
final class TunnelCarrier: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    enum Verdict: Sendable {
        case underway
        /// Everything has arrived, both ways.
        case finished
        /// The local program has cut its connection.
        case localBroke
        /// The other end's has.
        case otherBroke
        case fault(TunnelFault)
    }

    private(set) var verdict = Verdict.underway
    /// On how many connections the other end was there.
    private(set) var meetings = 0
    private var flow = TunnelFlow()
    private var decoder = TunnelRecordDecoder()
    private var context: ChannelHandlerContext?
    private var socket: TunnelSocketHandler?
    private var traffic: TunnelTraffic?
    private var whenMet: (@Sendable (_ isFirst: Bool) -> Void)?
    private var hasPendingRead = false
    private var hasOutputEnded = false
    private var hasFailed = false
    private var acknowledgementTimer: Scheduled<Void>?
    private let eventLoop: any EventLoop

    /// How long the other end waits at most to hear that a little was taken.
    private static let acknowledgementDelay = TimeAmount.milliseconds(100)

    init(on eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// - Parameter whenMet: told on each connection that the other end is there.
    func start(counting traffic: TunnelTraffic, whenMet: @escaping @Sendable (_ isFirst: Bool) -> Void) {
        self.traffic = traffic
        self.whenMet = whenMet
    }

    /// Bytes that the other end may not have.
    var unacknowledged: UInt64 { self.flow.unacknowledged }

    /// Ends the local program's connection as one that broke.
    func breakOff() {
        guard let context else { return }
        guard let socket = context.channel as? any SocketOptionProvider else { return context.close(promise: nil) }
        socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }

    private func end(_ verdict: Verdict) {
        guard case .underway = self.verdict else { return }
        self.verdict = verdict
        self.acknowledgementTimer?.cancel()
        switch verdict {
        case .underway: break
        case .finished: self.context?.close(promise: nil)
        case .localBroke: self.socket?.send(TunnelRecord.broken.bytes)
        case .otherBroke, .fault: self.breakOff()
        }
        self.socket?.close()
    }
}

// MARK: - The local program

extension TunnelCarrier {
    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func read(context: ChannelHandlerContext) {
        if self.flow.mayRead { context.read() } else { self.hasPendingRead = true }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Self.unwrapInboundIn(data)
        self.traffic?.sent(bytes.readableBytes)
        if let record = self.flow.read(bytes) { self.socket?.send(record) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event as? ChannelEvent == .inputClosed else { return context.fireUserInboundEventTriggered(event) }
        self.sendEnd()
    }

    private func sendEnd() {
        if let record = self.flow.ended() { self.socket?.send(record) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        // A channel whose output has ended is closed by the end of its input, and says no more than this.
        if self.hasOutputEnded, !self.hasFailed { self.sendEnd() } else { self.end(.localBroke) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.hasFailed = true
        context.close(promise: nil)
    }

    private func readOn() {
        guard self.hasPendingRead, self.flow.mayRead, let context else { return }
        self.hasPendingRead = false
        context.read()
    }

    private func deliver(_ bytes: ByteBuffer) {
        guard let context else { return }
        let count = bytes.readableBytes
        self.traffic?.received(count)
        context.writeAndFlush(Self.wrapOutboundOut(bytes)).assumeIsolated().whenSuccess { [weak self] in
            self?.took(count)
        }
    }

    /// Behind everything that was delivered.
    private func deliverEnd() {
        guard let context else { return }
        context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer())).assumeIsolated().whenSuccess { [weak self] in
            self?.hasOutputEnded = true
            context.close(mode: .output).assumeIsolated().whenComplete { _ in self?.took(1) }
        }
    }

    private func took(_ count: Int) {
        if self.flow.took(count) { return self.acknowledge() }
        guard self.acknowledgementTimer == nil else { return }
        self.acknowledgementTimer = self.eventLoop.assumeIsolated().scheduleTask(in: Self.acknowledgementDelay) {
            [weak self] in self?.acknowledge()
        }
    }

    private func acknowledge() {
        self.acknowledgementTimer?.cancel()
        self.acknowledgementTimer = nil
        if let record = self.flow.acknowledgement() { self.socket?.send(record) }
        if self.flow.isFinished { self.end(.finished) }
    }
}

// MARK: - The other end

extension TunnelCarrier {
    func connected(_ socket: TunnelSocketHandler) {
        guard case .underway = self.verdict else { return socket.close() }
        self.socket = socket
        self.decoder = TunnelRecordDecoder()
        socket.send(self.flow.connected())
    }

    /// What has come over a connection. To carry out a record may write, and so find that the connection is gone. What is behind that record
    /// then counts as not received: the other end sends it again.
    func received(_ bytes: ByteBuffer, over socket: TunnelSocketHandler) {
        guard case .underway = self.verdict, self.socket === socket else { return }
        self.decoder.received(bytes)
        do throws(TunnelFault) {
            while self.socket === socket, let record = try self.decoder.next() {
                for action in try self.flow.received(record) { self.perform(action) }
                if case .hello = record { self.met() }
            }
        } catch {
            return self.end(.fault(error))
        }
        self.readOn()
        if self.flow.isFinished { self.end(.finished) }
    }

    private func met() {
        self.meetings += 1
        self.whenMet?(self.meetings == 1)
    }

    private func perform(_ action: TunnelFlow.Action) {
        switch action {
        case .send(let bytes): self.socket?.send(bytes)
        case .deliver(let bytes): self.deliver(bytes)
        case .deliverEnd: self.deliverEnd()
        case .breakOff: self.end(.otherBroke)
        }
    }

    /// - Parameter isClosed: whether the relay says that the tunnel is done. The other end closes it once it has everything.
    func disconnected(_ socket: TunnelSocketHandler, isClosed: Bool) {
        guard self.socket === socket else { return }
        self.socket = nil
        self.flow.disconnected()
        if isClosed, self.flow.hasDelivered { self.end(.finished) }
    }
}

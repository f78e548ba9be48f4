import NIOCore
import NIOWebSocket

/// One connection of a tunnel's end to the relay: binary messages, and signs of life.
///
/// Owner of all state: the channel's event loop, which is its carrier's.
final class TunnelSocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let carrier: TunnelCarrier
    private let ended: EventLoopPromise<ConnectionEnd>
    private var end: ConnectionEnd?
    private var isSilent = false
    private var hasSentClose = false
    /// What is to be sent once the upgrade is over: NIO's handler fails writes before. Nil from then on.
    private var early: [ByteBuffer]? = []
    private var context: ChannelHandlerContext?

    /// - Parameter ended: completed once, when the connection is gone.
    init(_ carrier: TunnelCarrier, ended: EventLoopPromise<ConnectionEnd>) {
        self.carrier = carrier
        self.ended = ended
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.carrier.connected(self)
        context.eventLoop.assumeIsolated().execute { self.upgraded() }
    }

    private func upgraded() {
        guard let early = self.early.take() else { return }
        for bytes in early { self.write(.binary, bytes) }
        if self.hasSentClose { self.writeClose() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.finish()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.finish()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.end = self.end ?? .lost(error)
        context.close(promise: nil)
    }

    private func finish() {
        let end = self.end ?? .lost(ConnectionFault.closedWithoutGoodbye)
        self.end = end
        let isClosed = if case .closed(code: 1000, _) = end { true } else { false }
        self.carrier.disconnected(self, isClosed: isClosed)
        self.ended.succeed(end)
    }

    // MARK: Frames

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = Self.unwrapInboundIn(data)
        self.isSilent = false
        switch frame.opcode {
        case .binary, .continuation: self.carrier.received(frame.unmaskedData, over: self)
        case .ping: self.write(.pong, frame.unmaskedData)
        case .connectionClose: self.receivedClose(frame.unmaskedData)
        default: break
        }
    }

    private func receivedClose(_ data: ByteBuffer) {
        var data = data
        let answer = data.getSlice(at: data.readerIndex, length: min(2, data.readableBytes)) ?? ByteBuffer()
        let code = data.readInteger(as: UInt16.self).map(Int.init) ?? 1005
        self.end = self.end ?? .closed(code: code, reason: String(buffer: data))
        if !self.hasSentClose {
            self.hasSentClose = true
            self.write(.connectionClose, answer)
        }
        self.context?.close(promise: nil)
    }

    func send(_ bytes: ByteBuffer) {
        guard !self.hasSentClose else { return }
        if self.early != nil { self.early?.append(bytes) } else { self.write(.binary, bytes) }
    }

    private func write(_ opcode: WebSocketOpcode, _ data: ByteBuffer) {
        let frame = WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data)
        self.context?.writeAndFlush(Self.wrapOutboundOut(frame), promise: nil)
    }

    /// Says goodbye behind what was sent, and waits for the answer: a connection that is closed before would be cut.
    func close() {
        guard !self.hasSentClose else { return }
        self.hasSentClose = true
        if self.early == nil { self.writeClose() }
    }

    private func writeClose() { self.write(.connectionClose, ByteBuffer(integer: UInt16(1000))) }

    // MARK: Signs of life

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is IdleStateHandler.IdleStateEvent else { return context.fireUserInboundEventTriggered(event) }
        guard !self.isSilent, !self.hasSentClose else {
            self.end = self.end ?? .lost(ConnectionFault.silent)
            return context.close(promise: nil)
        }
        self.isSilent = true
        self.write(.ping, ByteBuffer())
    }
}

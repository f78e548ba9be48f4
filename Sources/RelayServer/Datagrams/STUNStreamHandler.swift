import NIOCore
import RelayWire

/// One TCP connection to the port for STUN. Holds no more than one message that is not whole yet.
final class STUNStreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let port: DatagramPort
    private var source: TransportAddress?
    private var local: TransportAddress?
    private var waiting = ByteBuffer()

    init(port: DatagramPort) {
        self.port = port
    }

    func channelActive(context: ChannelHandlerContext) {
        self.source = context.remoteAddress.flatMap { TransportAddress($0) }
        self.local = context.localAddress.flatMap { TransportAddress($0) }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = self.unwrapInboundIn(data)
        guard let source, let local else { return }
        if self.waiting.readableBytes > 0 {
            self.waiting.writeBuffer(&bytes)
            swap(&self.waiting, &bytes)
        }
        do throws(STUNError) {
            while let message = try STUNStreamFraming.next(from: &bytes, limit: DatagramListener.maximumDatagram) {
                let arrival = DatagramArrival(bytes: message, source: source, local: local, isStream: true)
                if let answer = self.port.answer(arrival, at: .now()) {
                    context.write(self.wrapOutboundOut(answer), promise: nil)
                }
            }
        } catch {
            // Where the next message begins is not known any more.
            self.port.refusedStream()
            return context.close(promise: nil)
        }
        self.keep(bytes)
        context.flush()
        if !context.channel.isWritable { context.close(promise: nil) }
    }

    /// A copy of what is not whole yet: the buffer may be a large one.
    private func keep(_ rest: ByteBuffer) {
        self.waiting.clear(minimumCapacity: 0)
        if rest.readableBytes > 0 { self.waiting = ByteBuffer(rest.readableBytesView) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

import NIOCore
import RelayWire

/// One TCP connection to the port for STUN. Holds no more than one message that is not whole yet.
final class STUNStreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let port: DatagramPort
    private let link: Int
    private var source: TransportAddress?
    private var local: TransportAddress?
    private var waiting = ByteBuffer()
    /// When the message that is not whole yet has to be.
    private var deadline: Scheduled<Void>?

    /// How long a message may take from its first byte to its last: who sends byte after byte would hold its place for ever otherwise.
    static let messageTime = TimeAmount.seconds(10)

    init(port: DatagramPort) {
        self.port = port
        self.link = port.newLink()
    }

    private var client: TURNClient? { self.source.map { TURNClient(address: $0, link: self.link) } }

    func channelActive(context: ChannelHandlerContext) {
        self.source = context.remoteAddress.flatMap { TransportAddress($0) }
        self.local = context.localAddress.flatMap { TransportAddress($0) }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.deadline?.cancel()
        if let client { self.port.left(client) }
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = self.unwrapInboundIn(data)
        guard let source, let local else { return }
        var isNew = self.waiting.readableBytes == 0
        if self.waiting.readableBytes > 0 {
            self.waiting.writeBuffer(&bytes)
            swap(&self.waiting, &bytes)
        }
        do throws(STUNError) {
            while let message = try STUNStreamFraming.next(from: &bytes, limit: DatagramListener.maximumDatagram) {
                isNew = true
                let arrival = DatagramArrival(
                    bytes: message,
                    source: source,
                    local: local,
                    isStream: true,
                    link: self.link
                )
                self.port.received(arrival, on: context.channel, at: .now()) {
                    context.write(self.wrapOutboundOut($0), promise: nil)
                }
            }
        } catch {
            // Where the next message begins is not known any more.
            self.port.finishedReading()
            self.port.refusedStream()
            return context.close(promise: nil)
        }
        self.port.finishedReading()
        self.keep(bytes)
        if isNew { self.expectRest(context) }
        context.flush()
        if !context.channel.isWritable { context.close(promise: nil) }
    }

    /// A copy of what is not whole yet: the buffer may be a large one.
    private func keep(_ rest: ByteBuffer) {
        self.waiting.clear(minimumCapacity: 0)
        if rest.readableBytes > 0 { self.waiting = ByteBuffer(rest.readableBytesView) }
    }

    /// What is kept is the begin of a message, which has come just now.
    private func expectRest(_ context: ChannelHandlerContext) {
        self.deadline?.cancel()
        self.deadline = nil
        guard self.waiting.readableBytes > 0 else { return }
        let channel = context.channel
        self.deadline = context.eventLoop.scheduleTask(in: Self.messageTime) { channel.close(promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // A peer that is only listened to says nothing: its relayed port ends by itself.
        if event is IdleStateHandler.IdleStateEvent, !(self.client.map(self.port.hasAllocation) ?? false) {
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

import NIOCore

/// The client side of one event stream: counts the events that carry a message.
final class EventStreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let request: ByteBuffer
    private let log: DeliveryLog
    private let joined: EventLoopPromise<Void>
    private var isJoined = false
    /// How much of ``mark`` the bytes so far end with.
    private var matched = 0

    /// What each event with data has once. No payload of the benchmark holds it.
    private static let mark = Array("data: {\"type\":\"message\"".utf8)

    init(request: ByteBuffer, log: DeliveryLog, joined: EventLoopPromise<Void>) {
        self.request = request
        self.log = log
        self.joined = joined
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(self.wrapOutboundOut(self.request), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = self.unwrapInboundIn(data)
        if !self.isJoined {
            self.isJoined = true
            self.joined.succeed()
        }
        for byte in bytes.readableBytesView {
            if byte == Self.mark[self.matched] {
                self.matched += 1
            } else {
                self.matched = byte == Self.mark[0] ? 1 : 0
            }
            if self.matched == Self.mark.count {
                self.matched = 0
                self.log.delivered(latency: nil)
            }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if self.isJoined { self.log.readerLost() } else { self.joined.fail(LoadError.connectionClosed) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

import NIOCore

/// One long poll that is meant to wait; an answer is a failure.
final class WaitingPollHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let request: ByteBuffer
    private let log: DeliveryLog
    private let sent: EventLoopPromise<Void>

    /// - Parameter log: counts polls that were answered or cut as lost readers.
    init(dialect: Dialect, log: DeliveryLog, sent: EventLoopPromise<Void>) {
        self.request = dialect.pollRequest
        self.log = log
        self.sent = sent
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(self.wrapOutboundOut(self.request), promise: self.sent)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.log.readerLost()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

public import NIOCore

/// Hands what a connection brings to a stream, which ends when the peer has sent its last byte.
public final class ByteInlet: ChannelInboundHandler {
    public typealias InboundIn = ByteBuffer

    private let sink: AsyncStream<ByteBuffer>.Continuation

    public init(sink: AsyncStream<ByteBuffer>.Continuation) {
        self.sink = sink
    }

    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.sink.yield(self.unwrapInboundIn(data))
    }

    public func channelInactive(context: ChannelHandlerContext) {
        self.sink.finish()
    }

    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { context.close(promise: nil) }
    }

    public func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

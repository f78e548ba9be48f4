import NIOCore

/// The first handler of an upgraded connection: below the frame encoder, so that finished frames go straight to the socket.
final class FrameOutlet: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let audience: LoopAudience

    init(audience: LoopAudience) {
        self.audience = audience
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.audience.add(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.audience.remove(context)
    }
}

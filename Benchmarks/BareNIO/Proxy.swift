import NIOCore
import NIOPosix

/// A TCP proxy as a NIO user would write it: each connection is joined to one of its own to the target, and neither is read while the other
/// does not take what came.
enum Proxy {
    static func bootstrap(group: MultiThreadedEventLoopGroup, target: Int) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                ClientBootstrap(group: channel.eventLoop)
                    .channelOption(.socketOption(.tcp_nodelay), value: 1)
                    .channelOption(.allowRemoteHalfClosure, value: true)
                    .connect(host: "127.0.0.1", port: target)
                    .flatMapThrowing { far in
                        let (near, glue) = GlueHandler.pair()
                        try channel.pipeline.syncOperations.addHandler(near)
                        try far.pipeline.syncOperations.addHandler(glue)
                    }
            }
    }
}

/// One of two joined connections, which are on the same loop.
final class GlueHandler: ChannelDuplexHandler {
    typealias InboundIn = NIOAny
    typealias OutboundIn = NIOAny
    typealias OutboundOut = NIOAny

    private var context: ChannelHandlerContext?
    private var partner: GlueHandler?
    private var isReadHeld = false

    static func pair() -> (GlueHandler, GlueHandler) {
        let (one, other) = (GlueHandler(), GlueHandler())
        one.partner = other
        other.partner = one
        return (one, other)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        self.partner = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { self.partner?.context?.write(data, promise: nil) }

    func channelReadComplete(context: ChannelHandlerContext) { self.partner?.context?.flush() }

    func channelInactive(context: ChannelHandlerContext) { self.partner?.context?.close(promise: nil) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed {
            self.partner?.context?.close(mode: .output, promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable, let partner = self.partner, partner.isReadHeld else { return }
        partner.isReadHeld = false
        partner.context?.read()
    }

    func read(context: ChannelHandlerContext) {
        if self.partner?.context?.channel.isWritable == true { context.read() } else { self.isReadHeld = true }
    }
}

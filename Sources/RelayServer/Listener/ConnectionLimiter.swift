import NIOCore

/// Sits on the listening socket and stops accepting while as many connections are open as may be.
///
/// Those that come meanwhile wait in the system's backlog, and beyond it are refused by the system. Lives on the listener's loop.
final class ConnectionLimiter: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never

    private let limit: Int
    private var open = 0
    private var wantsRead = false
    private var context: ChannelHandlerContext?
    private let drained: EventLoopPromise<Void>
    private var isDraining = false

    /// - Parameter drained: completed once the listener has closed and its last connection is gone.
    init(limit: Int, drained: EventLoopPromise<Void>) {
        self.limit = limit
        self.drained = drained
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.isDraining = true
        self.completeIfDrained()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = self.unwrapInboundIn(data)
        self.open += 1
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        channel.closeFuture.hop(to: context.eventLoop).whenComplete { _ in bound.value.closed() }
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        guard self.open < self.limit else {
            self.wantsRead = true
            return
        }
        context.read()
    }

    private func closed() {
        self.open -= 1
        self.completeIfDrained()
        guard self.wantsRead else { return }
        self.wantsRead = false
        self.context?.read()
    }

    private func completeIfDrained() {
        if self.isDraining, self.open == 0 { self.drained.succeed() }
    }
}

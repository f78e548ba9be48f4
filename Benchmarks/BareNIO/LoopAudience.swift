import NIOCore

/// The WebSocket connections of one event loop; used on that loop only.
final class LoopAudience {
    private var outlets: [ObjectIdentifier: ChannelHandlerContext] = [:]

    func add(_ context: ChannelHandlerContext) {
        self.outlets[ObjectIdentifier(context)] = context
    }

    func remove(_ context: ChannelHandlerContext) {
        self.outlets[ObjectIdentifier(context)] = nil
    }

    func send(_ frame: ByteBuffer) {
        let frame = NIOAny(frame)
        for context in self.outlets.values {
            context.writeAndFlush(frame, promise: nil)
        }
    }
}

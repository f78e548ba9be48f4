import NIOCore

/// The WebSocket connections of one event loop; used on that loop only.
final class LoopAudience {
    private var outlets: [ObjectIdentifier: ChannelHandlerContext] = [:]
    /// Frames that came in this turn of the loop; they go out together, with one flush a connection.
    private var pending: [NIOAny] = []

    func add(_ context: ChannelHandlerContext) {
        self.outlets[ObjectIdentifier(context)] = context
    }

    func remove(_ context: ChannelHandlerContext) {
        self.outlets[ObjectIdentifier(context)] = nil
    }

    /// - Returns: whether ``flush()`` has to be called at the end of this turn; it is so once a turn.
    func append(_ frame: ByteBuffer) -> Bool {
        self.pending.append(NIOAny(frame))
        return self.pending.count == 1
    }

    func flush() {
        let frames = self.pending
        self.pending.removeAll()
        for context in self.outlets.values {
            for frame in frames {
                context.write(frame, promise: nil)
            }
            context.flush()
        }
    }
}

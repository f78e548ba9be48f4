import NIOCore

/// Stands between TLS and the frames of an HTTP/2 connection.
///
/// Reads along what comes, see ``FrameWatch``. Gathers what goes out, so that all frames of one turn of the loop are one write: the library
/// writes each frame's header and its content apart, and each would be a record of TLS, a system call and a packet of its own.
///
/// Lives on its loop.
final class FramePort: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = ByteBuffer

    /// So much is gathered before it is handed on. Larger pieces are handed on as they are.
    private static let maxGatheredBytes = 32 << 10
    private static let maxCopiedBytes = 16 << 10
    /// So much is gathered in a turn of the loop before it is flushed.
    private static let maxTurnBytes = 128 << 10

    private let connection: HTTP2Connection
    private var gathered = ByteBuffer()
    /// Written since the last flush.
    private var turnBytes = 0
    /// For what is gathered.
    private var promise: EventLoopPromise<Void>?
    /// Whether the next write is the content of the frame before it.
    private var isContent = false
    /// Whether what a read has brought is being worked on.
    private var isReading = false
    private var isFlushDue = false
    private var isTaskDue = false
    private var context: ChannelHandlerContext?

    init(_ connection: HTTP2Connection) {
        self.connection = connection
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        self.drop()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.drop()
        context.fireChannelInactive()
    }

    private func drop() {
        self.gathered = ByteBuffer()
        self.promise.take()?.fail(ChannelError.ioOnClosedChannel)
    }

    // MARK: What comes

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Nothing is heard any more of a client that was told to go.
        guard !self.connection.isOver else { return }
        self.isReading = true
        guard self.connection.watch.read(self.unwrapInboundIn(data), at: .now()) else {
            return self.connection.flooded()
        }
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        self.isReading = false
        self.connection.account()
        if self.isFlushDue { self.flushNow(context) }
    }

    // MARK: What goes out

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .byteBuffer(let bytes) = self.unwrapOutboundIn(data) else {
            preconditionFailure("the relay sends no files")
        }
        self.gather(bytes, context, promise)
        if self.isContent { self.isContent = false } else { self.look(at: bytes) }
    }

    private func gather(_ bytes: ByteBuffer, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        self.turnBytes += bytes.readableBytes
        if bytes.readableBytes > Self.maxCopiedBytes {
            self.writeGathered(context)
            context.write(self.wrapOutboundOut(bytes), promise: promise)
        } else {
            self.gathered.writeImmutableBuffer(bytes)
            self.keep(promise)
            if self.gathered.readableBytes > Self.maxGatheredBytes { self.writeGathered(context) }
        }
        // So that the streams hear in time that the socket has no room.
        if self.turnBytes > Self.maxTurnBytes { self.flushNow(context) }
    }

    /// Looks at the beginning of a frame. The library writes a frame of data in two parts, and all others in one.
    private func look(at bytes: ByteBuffer) {
        let start = bytes.readerIndex
        guard let kind = bytes.getInteger(at: start + 3, as: UInt8.self) else { return }
        switch kind {
        case 0:
            let lengthAndKind = bytes.getInteger(at: start, as: UInt32.self) ?? 0
            self.isContent = bytes.readableBytes == 9 && lengthAndKind >> 8 > 0
            self.connection.watch.sentData()
        case 7: self.connection.wroteGoAway(bytes.getInteger(at: start + 13, as: UInt32.self) ?? 0)
        default: break
        }
    }

    private func keep(_ promise: EventLoopPromise<Void>?) {
        guard let promise else { return }
        guard let kept = self.promise else { return self.promise = promise }
        kept.futureResult.cascade(to: promise)
    }

    private func writeGathered(_ context: ChannelHandlerContext) {
        guard self.gathered.readableBytes > 0 else { return }
        let bytes = self.gathered
        self.gathered = ByteBuffer()
        context.write(self.wrapOutboundOut(bytes), promise: self.promise.take())
    }

    /// What follows in the same turn of the loop goes out together with what was written.
    func flush(context: ChannelHandlerContext) {
        self.isFlushDue = true
        guard !self.isReading, !self.isTaskDue else { return }
        self.isTaskDue = true
        context.eventLoop.assumeIsolated().execute {
            self.isTaskDue = false
            if self.isFlushDue, let context = self.context { self.flushNow(context) }
        }
    }

    private func flushNow(_ context: ChannelHandlerContext) {
        self.isFlushDue = false
        self.turnBytes = 0
        self.connection.outstanding.wrote()
        self.writeGathered(context)
        context.flush()
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode != .input { self.flushNow(context) }
        context.close(mode: mode, promise: promise)
    }
}

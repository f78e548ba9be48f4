import NIOCore

/// Gives back the pages of the two buffers that TLS keeps of a connection, while nothing goes over it. Stands between TLS and the socket.
///
/// - The buffer of what goes out is TLS's and the socket's. What is in it has been sent once nothing waits at the channel.
/// - The buffer of what has come in is TLS's and of whoever keeps a part of it. So what comes is copied where it is little, and then
///   nobody does (``PlaintextCopier``).
final class RestingTLS: ChannelOutboundHandler, RestingConnection {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let all: RestingConnections
    private var sent = KeptBuffer()
    private var received = KeptBuffer()
    private var context: ChannelHandlerContext?
    private var isAwake = false
    var wasUsed = false

    /// - Parameter all: of the channel's loop.
    init(_ all: RestingConnections) { self.all = all }

    /// Puts TLS into the pipeline, with what gives its memory back.
    ///
    /// - Parameter all: of the channel's loop.
    static func add(_ tls: some ChannelHandler, to channel: any Channel, _ all: RestingConnections) throws {
        let resting = RestingTLS(all)
        let pipeline = channel.pipeline.syncOperations
        let usual = channel.allocator
        try channel.syncOptions?.setOption(.allocator, value: PageAllocator.allocator)
        // TLS takes its buffers when it is added. Those of the socket stay with the usual allocator.
        defer { try? channel.syncOptions?.setOption(.allocator, value: usual) }
        try pipeline.addHandlers([resting, tls, PlaintextCopier(resting)])
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        self.sent.see(self.unwrapOutboundIn(data))
        self.use()
        context.write(data, promise: promise)
    }

    /// TLS may hold what is not sent any more.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        self.context = nil
        context.close(mode: mode, promise: promise)
    }

    /// - Parameter isCopied: whether nobody behind TLS holds it.
    fileprivate func read(_ buffer: ByteBuffer, isCopied: Bool) {
        if isCopied { self.received.see(buffer) } else { self.received.forget() }
        self.use()
    }

    private func use() {
        self.wasUsed = true
        guard !self.isAwake else { return }
        self.isAwake = true
        self.all.woke(self)
    }

    func rest() -> Bool {
        if let channel = self.context?.channel, channel.isActive {
            guard (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) == 0 else { return false }
            self.sent.empty()
            self.received.empty()
        }
        self.isAwake = false
        return true
    }
}

/// Hands on what TLS has decrypted as a buffer of its own, unless it is much. Stands behind TLS.
///
/// TLS reads into a buffer that it keeps. Whoever keeps a few bytes of that would keep all of it from being used again.
final class PlaintextCopier: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// What is longer is not copied, bytes.
    static let most = 4 << 10

    private let resting: RestingTLS

    init(_ resting: RestingTLS) { self.resting = resting }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = self.unwrapInboundIn(data)
        guard buffer.readableBytes <= Self.most else {
            self.resting.read(buffer, isCopied: false)
            return context.fireChannelRead(data)
        }
        self.resting.read(buffer, isCopied: true)
        var copy = context.channel.allocator.buffer(capacity: buffer.readableBytes)
        copy.writeImmutableBuffer(buffer)
        context.fireChannelRead(self.wrapInboundOut(copy))
    }
}

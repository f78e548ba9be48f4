import NIOCore
import NIOPosix

/// Pipes through a server, whose both ends are the load generator's.
struct Pipes: Sendable {
    /// How late bytes may be before the server is taken to hang.
    private static let patience = TimeAmount.seconds(60)

    struct Pipe: Sendable {
        let near: any Channel
        let far: any Channel

        /// Sends bytes from the near end to the far one.
        ///
        /// - Returns: when the last has arrived.
        func carry(_ bytes: Int) -> EventLoopFuture<NIODeadline> {
            let arrived = Self.expectation(of: bytes, at: self.far)
            self.near.triggerUserOutboundEvent(PipeHandler.Send(bytes: bytes), promise: nil)
            return arrived
        }

        /// Sends bytes to the far end, which sends them back.
        func carryThereAndBack(_ bytes: Int) -> EventLoopFuture<NIODeadline> {
            let arrived = Self.expectation(of: bytes, at: self.near)
            self.near.triggerUserOutboundEvent(PipeHandler.Send(bytes: bytes), promise: nil)
            return arrived
        }

        private static func expectation(of bytes: Int, at channel: any Channel) -> EventLoopFuture<NIODeadline> {
            let done = channel.eventLoop.makePromise(of: NIODeadline.self)
            channel.triggerUserOutboundEvent(PipeHandler.Expect(bytes: bytes, done: done), promise: nil)
            let alarm = channel.eventLoop.scheduleTask(in: Pipes.patience) { channel.close(promise: nil) }
            return done.futureResult.always { _ in alarm.cancel() }
        }
    }

    let all: [Pipe]
    private let listener: (any Channel)?

    /// Through a TCP proxy, which connects to a listener of the load generator's.
    ///
    /// - Parameter proxy: starts it, given the listener's port, and says its own.
    static func tcp(
        _ count: Int,
        from client: LoadClient,
        proxy: (Int) async throws -> Int
    ) async throws -> Pipes {
        let (accepted, sink) = AsyncStream<any Channel>.makeStream()
        let listener = try await ServerBootstrap(group: client.group)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(PipeHandler(isFramed: false))
                    sink.yield(channel)
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try await proxy(listener.localAddress?.port ?? 0)
        var far = accepted.makeAsyncIterator()
        var pipes: [Pipe] = []
        // One after another, so that ends are known to belong together.
        for _ in 0..<count {
            let near = try await client.connect(port: port) { channel in
                try channel.pipeline.syncOperations.addHandler(PipeHandler(isFramed: false))
            }
            guard let far = await far.next() else { throw LoadError.connectionClosed }
            pipes.append(Pipe(near: near, far: far))
        }
        return Pipes(all: pipes, listener: listener)
    }

    /// Through a relay's tunnels.
    ///
    /// - Parameter requests: for each tunnel, what opens its near and its far end.
    static func tunnels(_ requests: [(near: ByteBuffer, far: ByteBuffer)], of server: Server, from client: LoadClient)
        async throws -> Pipes
    {
        let all = try await client.many(requests.count) { index in
            Pipe(
                near: try await Self.tunnelEnd(requests[index].near, of: server, from: client),
                far: try await Self.tunnelEnd(requests[index].far, of: server, from: client)
            )
        }
        return Pipes(all: all, listener: nil)
    }

    private static func tunnelEnd(_ request: ByteBuffer, of server: Server, from client: LoadClient) async throws
        -> any Channel
    {
        let opened = client.group.any().makePromise(of: Void.self)
        let channel = try await client.connect(port: server.port) { channel in
            try channel.pipeline.syncOperations.addHandler(
                UpgradeHandler(request: request, then: PipeHandler(isFramed: true), opened: opened)
            )
        }
        try await opened.futureResult.get()
        return channel
    }

    func close() async {
        for pipe in self.all {
            try? await pipe.near.close().get()
            try? await pipe.far.close().get()
        }
        try? await self.listener?.close().get()
    }
}

/// Opens a WebSocket, and leaves the connection to another handler.
private final class UpgradeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let request: ByteBuffer
    private let next: PipeHandler
    private let opened: EventLoopPromise<Void>
    private var inbox = Inbox()

    init(request: ByteBuffer, then next: PipeHandler, opened: EventLoopPromise<Void>) {
        self.request = request
        self.next = next
        self.opened = opened
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(self.wrapOutboundOut(self.request), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.inbox.receive(self.unwrapInboundIn(data))
        guard let response = HTTPResponse.read(from: &self.inbox.bytes) else { return }
        guard response.status == 101 else {
            self.opened.fail(LoadError.handshakeRefused(status: response.status))
            return context.close(promise: nil)
        }
        do {
            try context.pipeline.syncOperations.addHandler(self.next, position: .after(self))
        } catch {
            return context.close(promise: nil)
        }
        if self.inbox.bytes.readableBytes > 0 { context.fireChannelRead(self.wrapInboundOut(self.inbox.bytes)) }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        self.opened.succeed()
    }

    typealias InboundOut = ByteBuffer

    func channelInactive(context: ChannelHandlerContext) {
        self.opened.fail(LoadError.connectionClosed)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.opened.fail(error)
        context.close(promise: nil)
    }
}

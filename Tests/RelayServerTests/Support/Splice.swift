import NIOCore
import NIOPosix
import Synchronization

/// A port whose connections go on to another one, until they are cut.
final class Splice: Sendable {
    private let listener: any Channel
    private let target = Mutex<Int?>(nil)
    private let connections = Mutex<[any Channel]>([])

    private init(_ listener: any Channel) {
        self.listener = listener
    }

    static func with(_ body: @Sendable (Splice) async throws -> Void) async throws {
        let made = Mutex<Splice?>(nil)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Inlet { made.withLock { $0 }?.connect(channel) })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let splice = Splice(listener)
        made.withLock { $0 = splice }
        defer { listener.close(promise: nil) }
        try await body(splice)
        await splice.cut()
    }

    var port: Int { self.listener.localAddress?.port ?? 0 }

    func forward(to port: Int) { self.target.withLock { $0 = port } }

    /// Ends all connections that there are, without a word.
    func cut() async {
        let connections = self.connections.withLock { connections in
            defer { connections = [] }
            return connections
        }
        for connection in connections { try? await connection.close() }
    }

    private func connect(_ channel: any Channel) {
        guard let port = self.target.withLock({ $0 }) else { return channel.close(promise: nil) }
        self.connections.withLock { $0.append(channel) }
        ClientBootstrap(group: channel.eventLoop).connect(host: "127.0.0.1", port: port)
            .flatMapThrowing { other in
                try channel.pipeline.syncOperations.addHandler(Sluice(to: other))
                try other.pipeline.syncOperations.addHandler(Sluice(to: channel))
            }
            .flatMap { channel.setOption(.autoRead, value: true) }
            .whenComplete { result in
                if case .failure = result { channel.close(promise: nil) } else { channel.read() }
            }
    }
}

/// Tells of the connection once it is there.
private final class Inlet: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let came: () -> Void

    init(_ came: @escaping () -> Void) {
        self.came = came
    }

    func channelActive(context: ChannelHandlerContext) {
        self.came()
        context.fireChannelActive()
    }
}

/// Hands on what comes to the other connection, and its end.
private final class Sluice: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let other: any Channel

    init(to other: any Channel) {
        self.other = other
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.other.writeAndFlush(self.unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { self.other.close(promise: nil) }
}

import NIOCore
import NIOPosix

/// A program of this machine at the end of a tunnel: a connection whose both directions can be ended apart.
///
/// Whoever has one hands it to ``SessionMember/carry(_:_:traffic:patience:notice:)``, or closes it.
public struct TunnelLocal: Sendable {
    private let channel: any Channel
    private let bound: NIOLoopBound<TunnelCarrier>

    /// Call on the channel's event loop.
    init(_ channel: any Channel) throws {
        let carrier = TunnelCarrier(on: channel.eventLoop)
        self.channel = channel
        self.bound = NIOLoopBound(carrier, eventLoop: channel.eventLoop)
        try channel.pipeline.syncOperations.addHandler(carrier)
    }

    var eventLoop: any EventLoop { self.channel.eventLoop }

    /// Only on the event loop.
    var carrier: TunnelCarrier { self.bound.value }

    func perform<Value: Sendable>(_ body: @escaping @Sendable (TunnelCarrier) -> Value) async throws -> Value {
        try await self.eventLoop.submit { body(self.bound.value) }.get()
    }

    /// Ends the program's connection as one that broke.
    public func close() {
        self.eventLoop.execute { self.bound.value.breakOff() }
    }

    /// Connects to a program that listens.
    ///
    /// - Throws: ``RelayError`` with code `unavailable` where nothing does.
    public static func connect(host: String, port: Int) async throws -> TunnelLocal {
        do {
            return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelOption(.allowRemoteHalfClosure, value: true)
                .channelOption(.socketOption(.tcp_nodelay), value: 1)
                .connectTimeout(.seconds(10))
                .connect(host: host, port: port) { channel in
                    channel.eventLoop.makeCompletedFuture { try TunnelLocal(channel) }
                }
        } catch {
            let reason = ConnectionFault.text(of: error)
            throw RelayError(.unavailable, detail: "nothing answers at \(host):\(port): \(reason)", underlying: error)
        }
    }

    /// Listens for programs. Each that connects is handed to `body` in a task of its own.
    ///
    /// - Parameters:
    ///   - host: an address of this machine.
    ///   - port: 0 lets the system choose.
    ///   - listening: told the port.
    ///   - body: gets a program's connection, and sees to its end.
    /// - Throws: ``RelayError`` with code `invalidInput` where the port can't be had; `CancellationError`.
    public static func listen(
        host: String,
        port: Int,
        listening: (Int) throws -> Void,
        _ body: @escaping @Sendable (TunnelLocal) async -> Void
    ) async throws {
        let server = try await self.bind(host: host, port: port)
        try listening(server.channel.localAddress?.port ?? port)
        try await server.executeThenClose { programs in
            try await withThrowingDiscardingTaskGroup { group in
                for try await program in programs { group.addTask { await body(program) } }
                group.cancelAll()
            }
        }
        try Task.checkCancellation()
    }

    private static func bind(host: String, port: Int) async throws -> NIOAsyncChannel<TunnelLocal, Never> {
        do {
            return try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
                .bind(host: host, port: port) { channel in
                    channel.eventLoop.makeCompletedFuture { try TunnelLocal(channel) }
                }
        } catch {
            let reason = ConnectionFault.text(of: error)
            throw RelayError(.invalidInput, detail: "can't listen at \(host):\(port): \(reason)", underlying: error)
        }
    }
}

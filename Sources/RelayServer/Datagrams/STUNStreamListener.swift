import Logging
import NIOCore
import NIOPosix

/// The TCP socket of the port for STUN: peers learn by it how their NAT maps TCP, and those that get no UDP through use it instead.
struct STUNStreamListener: Sendable {
    private let channel: any Channel

    var address: SocketAddress? { self.channel.localAddress }

    /// - Parameter loop: the port's, on which its connections live too.
    static func bind(
        _ place: HostPort,
        on loop: any EventLoop,
        port: NIOLoopBound<DatagramPort>,
        limits: ConnectionLimiter.Limits,
        metrics: EdgeMetrics,
        logger: Logger
    ) async throws(BindFailure) -> STUNStreamListener {
        let drained = loop.makePromise(of: Void.self)
        do {
            let channel = try await ServerBootstrap(group: loop)
                .serverChannelOption(.backlog, value: 1_024)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let limiter = ConnectionLimiter(
                            limits: limits,
                            metrics: metrics,
                            logger: logger,
                            drained: drained
                        )
                        try channel.pipeline.syncOperations.addHandler(limiter)
                    }
                }
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelOption(.maxMessagesPerRead, value: 1)
                .childChannelOption(.recvAllocator, value: Self.readBuffers)
                .childChannelOption(.writeBufferWaterMark, value: Self.waterMark)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.addHandler(IdleStateHandler(readTimeout: Self.patience))
                        try pipeline.addHandler(STUNStreamHandler(port: port.value))
                    }
                }
                .bind(host: place.host, port: place.port)
                .get()
            return STUNStreamListener(channel: channel)
        } catch {
            drained.fail(error)
            throw BindFailure(host: place.host, port: place.port, cause: error)
        }
    }

    /// Accepts no more. Connections that are open live on.
    func close() async { try? await self.channel.close() }

    /// How long a connection may be silent. A peer that wants to hold its NAT's mapping asks again and again.
    private static let patience = TimeAmount.seconds(60)
    private static let readBuffers = AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 1_024, maximum: 64 << 10)
    /// Answers that a client does not take, bytes: at the higher mark its connection ends.
    private static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 16 << 10, high: 64 << 10)
}

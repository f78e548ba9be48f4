import NIOCore
import NIOHTTP1
import NIOPosix
import RelayCore

/// The relay's listening socket, and the pipeline of the connections that it accepts.
struct Listener: Sendable {
    let channel: any Channel
    /// Succeeds once the socket is closed and the last of its connections is gone.
    let drained: EventLoopFuture<Void>

    /// This machine's own addresses: what connects from there is a proxy, or the operator's.
    static let ownAddresses = ["127.0.0.0/8", "::1"].compactMap { IPNetwork($0) }

    /// - Parameters:
    ///   - certificate: what connections are shown; nil where they are not encrypted.
    ///   - http2: for connections that choose HTTP/2 at their handshake; nil where there are none.
    ///   - addresses: the limits of one address; nil for those of the configuration, which stay.
    ///   - exempt: addresses that no limit of an address holds for, besides the trusted proxies.
    /// - Throws: what the system says if the address can't be bound.
    static func bind(
        _ server: RelayConfiguration.Server,
        on group: any EventLoopGroup,
        services: HTTPServices,
        certificate: ServedCertificate? = nil,
        http2: HTTP2Services? = nil,
        addresses: Adjustable<AddressTable.Limits>? = nil,
        exempt: [IPNetwork] = Self.ownAddresses
    ) async throws -> Listener {
        let loop = group.next()
        let drained = loop.makePromise(of: Void.self)
        let limits = ConnectionLimiter.Limits(
            open: server.maxConnections,
            ofAddress: addresses ?? Adjustable(server.addressLimits),
            exempt: exempt + server.trustedProxies
        )
        do {
            var bootstrap = ServerBootstrap(group: loop, childGroup: group)
            let keepAlive = SocketKeepAlive.listenerOptions(within: TimeAmount(server.peerTimeout))
            for (option, value) in keepAlive {
                bootstrap = bootstrap.serverChannelOption(option, value: value)
            }
            let channel =
                try await bootstrap
                .serverChannelOption(.backlog, value: 4_096)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let limiter = ConnectionLimiter(
                            limits: limits,
                            metrics: services.metrics,
                            logger: services.logger,
                            drained: drained
                        )
                        try channel.pipeline.syncOperations.addHandler(limiter)
                    }
                }
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                // What is read in one turn can't be refused any more: so it is one buffer, 64 KiB at most.
                .childChannelOption(.maxMessagesPerRead, value: 1)
                .childChannelOption(.recvAllocator, value: ReadBuffers.allocator)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let latest = services.latest
                        guard let certificate else { return try Self.configure(channel, latest) }
                        try Handshake.begin(on: channel, certificate.current.context, latest, http2)
                    }
                }
                .bind(host: server.host, port: server.port)
                .get()
            return Listener(channel: channel, drained: drained.futureResult)
        } catch {
            drained.fail(error)
            throw error
        }
    }

    /// Sets up the pipeline of an accepted connection.
    ///
    /// - Parameter isEncrypted: whether what is added here stands behind TLS.
    static func configure(_ channel: any Channel, _ services: HTTPServices, isEncrypted: Bool = false) throws {
        services.metrics.connectionOpened(isHTTP2: false)
        let pipeline = channel.pipeline.syncOperations
        let encoder = ResponseEncoder(isEncrypted: isEncrypted)
        let decoder = RequestDecoder()
        let connection = HTTPConnection(services: services, encoder: encoder, decoder: decoder)
        if let texts = services.loops[channel.eventLoop].current?.headTexts {
            try pipeline.addHandler(RequestScanner(texts: texts, receiver: connection))
        }
        try pipeline.addHandler(encoder)
        try pipeline.addHandler(
            ByteToMessageHandler(decoder, maximumBufferSize: RequestDecoder.maxWaitingBytes)
        )
        try pipeline.addHandler(connection)
    }
}

import NIOCore
import NIOPosix
import NIOSSL

/// Opens the load generator's connections, on its own event loops.
struct LoadClient: Sendable {
    /// More at once would overflow a server's accept queue, and a SYN sent again costs a second.
    private static let connectsInFlight = 100
    /// One address has about 28,000 ports, some of them still held by connections that ended lately.
    private static let connectionsPerAddress = 2000

    let group: MultiThreadedEventLoopGroup
    /// Nil where connections are not encrypted.
    private var tls: NIOSSLContext?

    init(threads: Int) {
        self.group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
    }

    /// The same over TLS 1.3, to servers that have made their certificates themselves.
    ///
    /// - Parameter protocols: that are offered, by their names in ALPN.
    func overTLS(_ protocols: [String] = ["http/1.1"]) throws -> LoadClient {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv13
        configuration.certificateVerification = .none
        configuration.applicationProtocols = protocols
        var client = self
        client.tls = try NIOSSLContext(configuration: configuration)
        return client
    }

    func shutDown() async throws {
        try await self.group.shutdownGracefully()
    }

    func open(port: Int) async throws -> RequestConnection {
        let channel = try await self.connect(port: port) { channel in
            try channel.pipeline.syncOperations.addHandler(RequestHandler())
        }
        return RequestConnection(channel: channel)
    }

    func open(_ count: Int, port: Int) async throws -> [RequestConnection] {
        try await self.many(count) { _ in try await self.open(port: port) }
    }

    /// Runs `connect` for 0..<count, a bounded number at a time, and returns the results in no particular order.
    func many<Connection: Sendable>(
        _ count: Int,
        connect: @escaping @Sendable (Int) async throws -> Connection
    ) async throws -> [Connection] {
        try await withThrowingTaskGroup(of: Connection.self) { tasks in
            var connections: [Connection] = []
            for index in 0..<count {
                if index >= Self.connectsInFlight, let connection = try await tasks.next() {
                    connections.append(connection)
                }
                tasks.addTask { try await connect(index) }
            }
            for try await connection in tasks {
                connections.append(connection)
            }
            return connections
        }
    }

    /// - Parameters:
    ///   - index: the connection's number among its like; chooses the source address, 127.0.0.2 and up.
    ///   - receiveBuffer: bytes of the socket's receive buffer; nil leaves it to the kernel.
    ///   - configure: adds the handlers, on the channel's event loop.
    func connect(
        port: Int,
        index: Int = 0,
        receiveBuffer: Int? = nil,
        configure: @escaping @Sendable (any Channel) throws -> Void
    ) async throws -> any Channel {
        let source = try SocketAddress(ipAddress: "127.0.0.\(2 + index / Self.connectionsPerAddress)", port: 0)
        var bootstrap = ClientBootstrap(group: self.group)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .bind(to: source)
            .channelInitializer { [tls] channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        let handler = try NIOSSLClientHandler(context: tls, serverHostname: nil)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    try configure(channel)
                }
            }
        if let receiveBuffer {
            bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: SocketOptionValue(receiveBuffer))
        }
        return try await bootstrap.connect(host: "127.0.0.1", port: port).get()
    }
}

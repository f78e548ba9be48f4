import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
import RelayWire

/// Opens WebSockets to a relay.
struct WebSocketConnector: Sendable {
    private enum Upgrade: Sendable {
        case open(WebSocketConnection)
        case refusing(EventLoopFuture<HTTPReply>)
    }

    enum Result: Sendable {
        case open(WebSocketConnection)
        /// The relay answered, but not with an upgrade.
        case refused(HTTPReply)
    }

    let endpoint: RelayEndpoint
    let tls: NIOSSLContext?
    let timeout: Duration
    let silenceLimit: Duration
    let maxMessageBytes: Int
    let maxBufferedBytes: Int

    init(endpoint: RelayEndpoint, tls: TLSConfiguration, options: SubscriptionOptions) throws {
        self.endpoint = endpoint
        self.tls = endpoint.isSecure ? try NIOSSLContext(configuration: tls) : nil
        self.timeout = options.connectTimeout
        self.silenceLimit = options.silenceLimit
        // The frame header's length is 32 bits here, and a limit of zero would refuse everything.
        self.maxMessageBytes = min(max(options.maxMessageBytes, 1024), 1 << 30)
        self.maxBufferedBytes = options.maxBufferedBytes
    }

    /// - Throws: ``ConnectionFault`` or NIO's errors where there is no connection, `CancellationError`.
    func connect(bearer: String) async throws -> Result {
        let attempt = ConnectAttempt()
        let group = MultiThreadedEventLoopGroup.singleton
        let timer = group.any().scheduleTask(in: TimeAmount(self.timeout)) { attempt.abandon() }
        defer { timer.cancel() }
        do {
            return try await withTaskCancellationHandler {
                try await self.open(attempt, on: group, bearer)
            } onCancel: {
                attempt.abandon()
            }
        } catch {
            let isAbandoned = attempt.isAbandoned
            attempt.abandon()
            try Task.checkCancellation()
            throw isAbandoned ? ConnectionFault.timedOut : error
        }
    }

    private func open(
        _ attempt: ConnectAttempt,
        on group: MultiThreadedEventLoopGroup,
        _ bearer: String
    ) async throws -> Result {
        let upgrade = try await ClientBootstrap(group: group)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .connect(host: self.endpoint.host, port: self.endpoint.port) { channel in
                attempt.adopt(channel)
                return channel.eventLoop.makeCompletedFuture { try self.configure(channel, bearer) }
            }
        switch try await upgrade.get() {
        case .open(let connection): return .open(connection)
        case .refusing(let reply): return .refused(try await reply.get())
        }
    }

    private func configure(_ channel: any Channel, _ bearer: String) throws -> EventLoopFuture<Upgrade> {
        let pipeline = channel.pipeline.syncOperations
        if let tls = self.tls { try pipeline.addHandler(self.tlsHandler(tls)) }
        // The handler deals with errors: NIO's own would close the channel before anybody hears why.
        let upgrader = NIOTypedWebSocketClientUpgrader<Upgrade>(
            maxFrameSize: self.maxMessageBytes,
            enableAutomaticErrorHandling: false
        ) { channel, _ in
            channel.eventLoop.makeCompletedFuture { .open(try self.addHandlers(to: channel)) }
        }
        let upgrade = NIOTypedHTTPClientUpgradeConfiguration<Upgrade>(
            upgradeRequestHead: self.requestHead(bearer),
            upgraders: [upgrader],
            notUpgradingCompletionHandler: { channel in self.readRefusal(channel) }
        )
        var configuration = NIOUpgradableHTTPClientPipelineConfiguration(upgradeConfiguration: upgrade)
        configuration.leftOverBytesStrategy = .forwardBytes
        return try pipeline.configureUpgradableHTTPClientPipeline(configuration: configuration)
    }

    private func tlsHandler(_ context: NIOSSLContext) throws -> NIOSSLClientHandler {
        // An address is no server name: the certificate is checked against it all the same.
        let isAddress = (try? SocketAddress(ipAddress: self.endpoint.host, port: 0)) != nil
        return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : self.endpoint.host)
    }

    private func requestHead(_ bearer: String) -> HTTPRequestHead {
        let headers: HTTPHeaders = [
            "Host": self.endpoint.authority,
            "Authorization": "Bearer \(bearer)",
            "User-Agent": "pulsar-relay-swift/\(RelayVersion.current)",
        ]
        return HTTPRequestHead(version: .http1_1, method: .GET, uri: "/ws", headers: headers)
    }
}

// MARK: - Handlers

extension WebSocketConnector {
    private func addHandlers(to channel: any Channel) throws -> WebSocketConnection {
        let handler = WebSocketHandler(maxBufferedBytes: self.maxBufferedBytes)
        try channel.pipeline.syncOperations.addHandlers(
            IdleStateHandler(readTimeout: TimeAmount(self.silenceLimit)),
            NIOWebSocketFrameAggregator(
                minNonFinalFragmentSize: 0,
                maxAccumulatedFrameCount: 1024,
                maxAccumulatedFrameSize: self.maxMessageBytes
            ),
            handler
        )
        return WebSocketConnection(channel: channel, handler: handler)
    }

    private func readRefusal(_ channel: any Channel) -> EventLoopFuture<Upgrade> {
        channel.eventLoop.makeCompletedFuture {
            let promise = channel.eventLoop.makePromise(of: HTTPReply.self)
            try channel.pipeline.syncOperations.addHandler(RefusalHandler(promise))
            return .refusing(promise.futureResult)
        }
    }
}

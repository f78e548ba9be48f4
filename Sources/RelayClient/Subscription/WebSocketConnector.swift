import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
import RelayWire

/// Opens WebSockets to a relay.
///
/// - Parameter Socket: what an open one is to its user.
struct WebSocketConnector<Socket: Sendable>: Sendable {
    private enum Upgrade: Sendable {
        case open(Socket)
        case refusing(EventLoopFuture<HTTPReply>)
    }

    enum Result: Sendable {
        case open(Socket)
        /// The relay answered, but not with an upgrade.
        case refused(HTTPReply)
    }

    let endpoint: RelayEndpoint
    let tls: NIOSSLContext?
    /// Path and query.
    let target: String
    let timeout: Duration
    /// What comes behind the frame codec of a channel that is open. Called on its event loop.
    let install: @Sendable (any Channel) throws -> Socket
    /// Larger frames break the connection. The frame header's length is 32 bits here.
    let maxFrameSize: Int

    init(
        endpoint: RelayEndpoint,
        tls: TLSConfiguration,
        target: String,
        timeout: Duration,
        maxFrameSize: Int,
        install: @escaping @Sendable (any Channel) throws -> Socket
    ) throws {
        self.endpoint = endpoint
        self.tls = endpoint.isSecure ? try NIOSSLContext(configuration: tls) : nil
        self.target = target
        self.timeout = timeout
        self.maxFrameSize = maxFrameSize
        self.install = install
    }

    /// - Throws: ``TLSFault``, ``ConnectionFault`` or NIO's errors where there is no connection, `CancellationError`.
    ///
    /// - Parameters:
    ///   - bearer: nil for servers that are no relays.
    ///   - group: one event loop of it gets the channel.
    func connect(
        bearer: String?,
        on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws -> Result {
        let attempt = ConnectAttempt()
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
            throw isAbandoned ? ConnectionFault.timedOut : await CertificateLook.explain(error, at: self.endpoint)
        }
    }

    private func open(
        _ attempt: ConnectAttempt,
        on group: any EventLoopGroup,
        _ bearer: String?
    ) async throws -> Result {
        let upgrade = try await ClientBootstrap(group: group)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .connect(host: self.endpoint.host, port: self.endpoint.port) { channel in
                attempt.adopt(channel)
                return channel.eventLoop.makeCompletedFuture { try self.configure(channel, bearer) }
            }
        switch try await upgrade.get() {
        case .open(let socket): return .open(socket)
        case .refusing(let reply): return .refused(try await reply.get())
        }
    }

    private func configure(_ channel: any Channel, _ bearer: String?) throws -> EventLoopFuture<Upgrade> {
        let pipeline = channel.pipeline.syncOperations
        if let tls = self.tls { try pipeline.addHandler(self.tlsHandler(tls)) }
        // The handler deals with errors: NIO's own would close the channel before anybody hears why.
        let upgrader = NIOTypedWebSocketClientUpgrader<Upgrade>(
            maxFrameSize: self.maxFrameSize,
            enableAutomaticErrorHandling: false
        ) { channel, _ in
            channel.eventLoop.makeCompletedFuture { .open(try self.install(channel)) }
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
        try NIOSSLClientHandler(context: context, serverHostname: self.endpoint.serverName)
    }

    private func requestHead(_ bearer: String?) -> HTTPRequestHead {
        var headers: HTTPHeaders = [
            "Host": self.endpoint.authority, "User-Agent": "pulsar-relay-swift/\(RelayVersion.current)",
        ]
        if let bearer { headers.add(name: "Authorization", value: "Bearer \(bearer)") }
        return HTTPRequestHead(version: .http1_1, method: .GET, uri: self.target, headers: headers)
    }
}

// MARK: - Handlers

extension WebSocketConnector {
    private func readRefusal(_ channel: any Channel) -> EventLoopFuture<Upgrade> {
        channel.eventLoop.makeCompletedFuture {
            let promise = channel.eventLoop.makePromise(of: HTTPReply.self)
            try channel.pipeline.syncOperations.addHandler(RefusalHandler(promise))
            return .refusing(promise.futureResult)
        }
    }
}

extension WebSocketConnector where Socket == WebSocketConnection {
    /// For paths that speak in messages of one format.
    init(
        endpoint: RelayEndpoint,
        tls: TLSConfiguration,
        target: String = "/ws",
        format: WebSocketOpcode = .text,
        options: SubscriptionOptions
    ) throws {
        // A limit of zero would refuse everything.
        let maxMessageBytes = min(max(options.maxMessageBytes, 1024), 1 << 30)
        try self.init(
            endpoint: endpoint,
            tls: tls,
            target: target,
            timeout: options.connectTimeout,
            maxFrameSize: maxMessageBytes
        ) { channel in
            let handler = WebSocketHandler(maxBufferedBytes: options.maxBufferedBytes, format: format)
            try channel.pipeline.syncOperations.addHandlers(
                IdleStateHandler(readTimeout: TimeAmount(options.silenceLimit)),
                NIOWebSocketFrameAggregator(
                    minNonFinalFragmentSize: 0,
                    maxAccumulatedFrameCount: 1024,
                    maxAccumulatedFrameSize: maxMessageBytes
                ),
                handler
            )
            return WebSocketConnection(channel: channel, handler: handler)
        }
    }
}

import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import RelayTelemetry
import RelayWire
import Synchronization

/// Opens WebSockets to other relays.
final class NodeDialer: Sendable {
    /// What makes the handlers of a connection that has become a WebSocket. On its loop.
    typealias Opening = NIOLoopBound<(any Channel, _ isEncrypted: Bool) throws -> Void>

    /// For connection, TLS and handshake together.
    static let patience = TimeAmount.seconds(5)

    /// What connections begin with, and the digest of the certificate that they show.
    private typealias Trust = (context: NIOSSLContext, shown: String?)

    private let authorities: String?
    private let certificate: ServedCertificate?
    /// Made with the first connection that needs it, and with the first after a change of the certificate: most relays have none.
    private let tls = Mutex<Trust?>(nil)

    /// - Parameters:
    ///   - authorities: a PEM file; nil for the machine's.
    ///   - certificate: the relay's own, shown to a relay that asks for one; nil where it has none.
    init(authorities: String?, certificate: ServedCertificate? = nil) {
        self.authorities = authorities
        self.certificate = certificate
    }

    private func context(for node: NodeAddress) throws -> NIOSSLContext? {
        guard node.isSecure else { return nil }
        let own = self.certificate?.current
        if let known = self.tls.withLock({ $0 }), known.shown == own?.facts.fingerprint { return known.context }
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let authorities = self.authorities { configuration.trustRoots = .file(authorities) }
        if let own {
            configuration.certificateChain = own.chain.map { .certificate($0) }
            configuration.privateKey = .privateKey(own.key)
        }
        let context = try NIOSSLContext(configuration: configuration)
        self.tls.withLock { $0 = (context, own?.facts.fingerprint) }
        return context
    }

    /// - Parameter trace: that it belongs to; nil for none.
    /// - Throws: why there is no WebSocket: ``NodeRefusal`` where the other relay says no. The connection is closed then.
    func dial(
        _ node: NodeAddress,
        _ path: String,
        pass: String,
        on eventLoop: any EventLoop,
        under trace: TraceContext? = nil,
        _ open: Opening
    ) async throws {
        let tls = try self.context(for: node)
        let deadline = NIODeadline.now() + Self.patience
        // A name may have several addresses, each tried over a channel of its own: what counts is what becomes of the one that connects.
        let (channel, upgraded) = try await ClientBootstrap(group: eventLoop)
            .connectTimeout(Self.patience)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(.recvAllocator, value: ReadBuffers.allocator)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: node.place.host, port: node.place.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    (channel, try Self.configure(channel, node, tls, path, pass, trace, open))
                }
            }
        let timer = eventLoop.scheduleTask(deadline: deadline) { channel.close(promise: nil) }
        defer { timer.cancel() }
        do {
            try await upgraded.get().get()
        } catch {
            channel.close(promise: nil)
            throw error
        }
    }

    private static func configure(
        _ channel: any Channel,
        _ node: NodeAddress,
        _ tls: NIOSSLContext?,
        _ path: String,
        _ pass: String,
        _ trace: TraceContext?,
        _ open: Opening
    ) throws -> EventLoopFuture<EventLoopFuture<Void>> {
        let pipeline = channel.pipeline.syncOperations
        if let tls { try pipeline.addHandler(Self.handler(tls, for: node.place.host)) }
        var headers: HTTPHeaders = [
            "Host": node.place.description,
            "Authorization": "Bearer \(pass)",
            "User-Agent": "pulsar-relay/\(RelayVersion.current)",
        ]
        if let trace { headers.add(contentsOf: trace.headers) }
        let upgrade = NIOTypedHTTPClientUpgradeConfiguration<EventLoopFuture<Void>>(
            upgradeRequestHead: HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: headers),
            upgraders: [NodeUpgrader(isEncrypted: node.isSecure, open)],
            notUpgradingCompletionHandler: RefusalReader.wait
        )
        var configuration = NIOUpgradableHTTPClientPipelineConfiguration(upgradeConfiguration: upgrade)
        configuration.leftOverBytesStrategy = .forwardBytes
        return try pipeline.configureUpgradableHTTPClientPipeline(configuration: configuration)
    }

    private static func handler(_ context: NIOSSLContext, for host: String) throws -> NIOSSLClientHandler {
        // An address is no server name: the certificate is checked against it all the same.
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
    }
}

extension WebSocketServices {
    /// What makes a connection to another relay a WebSocket, of which this relay is the client. Call on the loop.
    ///
    /// - Parameter makeDialect: called on the loop when the other relay has agreed; not called where it can't be reached.
    func opening(on loop: DeliveryLoop, to makeDialect: @escaping () -> any WebSocketDialect) -> NodeDialer.Opening {
        NIOLoopBound(
            { channel, isEncrypted in
                let dialect = makeDialect()
                let connection = WebSocketConnection(
                    dialect,
                    services: self,
                    loop: loop,
                    place: nil,
                    role: .client,
                    isEncrypted: isEncrypted
                )
                try channel.pipeline.syncOperations.addHandlers([self.decoder(for: dialect), connection])
            },
            eventLoop: loop.eventLoop
        )
    }
}

/// The other relay answered with something else than a WebSocket.
struct NodeRefusal: Error {
    /// Nil where it has closed instead of an answer.
    let status: HTTPResponseStatus?
}

/// Waits for the answer of a relay that opens no WebSocket.
private final class RefusalReader: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let refused: EventLoopPromise<Void>

    private init(_ refused: EventLoopPromise<Void>) {
        self.refused = refused
    }

    /// - Returns: at once, what comes to fail with a ``NodeRefusal``. The answer is let through only after that.
    static func wait(on channel: any Channel) -> EventLoopFuture<EventLoopFuture<Void>> {
        channel.eventLoop.makeCompletedFuture {
            let refused = channel.eventLoop.makePromise(of: Void.self)
            do {
                try channel.pipeline.syncOperations.addHandler(RefusalReader(refused))
            } catch {
                refused.fail(error)
            }
            return refused.futureResult
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head(let head) = self.unwrapInboundIn(data) { self.refused.fail(NodeRefusal(status: head.status)) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.refused.fail(error)
        context.close(promise: nil)
    }

    /// Also where the channel was closed before.
    func handlerRemoved(context: ChannelHandlerContext) { self.refused.fail(NodeRefusal(status: nil)) }
}

/// The client's side of the opening handshake (RFC 6455, 4.1).
private struct NodeUpgrader: NIOTypedHTTPClientProtocolUpgrader {
    let supportedProtocol = "websocket"
    let requiredUpgradeHeaders: [String] = []
    private let key = Data((0..<16).map { _ in UInt8.random(in: 0...255) }).base64EncodedString()
    private let isEncrypted: Bool
    private let open: NodeDialer.Opening

    init(isEncrypted: Bool, _ open: NodeDialer.Opening) {
        self.isEncrypted = isEncrypted
        self.open = open
    }

    func addCustom(upgradeRequestHeaders headers: inout HTTPHeaders) {
        headers.add(name: "Sec-WebSocket-Version", value: "13")
        headers.add(name: "Sec-WebSocket-Key", value: self.key)
    }

    func shouldAllowUpgrade(upgradeResponse: HTTPResponseHead) -> Bool {
        upgradeResponse.headers["sec-websocket-accept"] == [WebSocketHandshake.accept(self.key)]
    }

    func upgrade(channel: any Channel, upgradeResponse: HTTPResponseHead) -> EventLoopFuture<EventLoopFuture<Void>> {
        channel.eventLoop.makeCompletedFuture {
            try self.open.value(channel, self.isEncrypted)
            return channel.eventLoop.makeSucceededVoidFuture()
        }
    }
}

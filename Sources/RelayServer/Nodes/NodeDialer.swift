import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import RelayWire
import Synchronization

/// Opens WebSockets to other relays.
final class NodeDialer: Sendable {
    /// What makes the handlers of a connection that has become a WebSocket. On its loop.
    typealias Opening = NIOLoopBound<(any Channel, _ isEncrypted: Bool) throws -> Void>

    /// For connection, TLS and handshake together.
    static let patience = TimeAmount.seconds(5)

    private let authorities: String?
    /// Made with the first connection that needs it: most relays have none.
    private let tls = Mutex<NIOSSLContext?>(nil)

    /// - Parameter authorities: a PEM file; nil for the machine's.
    init(authorities: String?) {
        self.authorities = authorities
    }

    private func context(for node: NodeAddress) throws -> NIOSSLContext? {
        guard node.isSecure else { return nil }
        if let known = self.tls.withLock({ $0 }) { return known }
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let authorities = self.authorities { configuration.trustRoots = .file(authorities) }
        let context = try NIOSSLContext(configuration: configuration)
        self.tls.withLock { $0 = context }
        return context
    }

    /// - Throws: why there is no WebSocket. The connection is closed then.
    func dial(
        _ node: NodeAddress,
        _ path: String,
        pass: String,
        on eventLoop: any EventLoop,
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
                    (channel, try Self.configure(channel, node, tls, path, pass, open))
                }
            }
        let timer = eventLoop.scheduleTask(deadline: deadline) { channel.close(promise: nil) }
        defer { timer.cancel() }
        do {
            try await upgraded.get()
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
        _ open: Opening
    ) throws -> EventLoopFuture<Void> {
        let pipeline = channel.pipeline.syncOperations
        if let tls { try pipeline.addHandler(Self.handler(tls, for: node.place.host)) }
        let headers: HTTPHeaders = [
            "Host": node.place.description,
            "Authorization": "Bearer \(pass)",
            "User-Agent": "pulsar-relay/\(RelayVersion.current)",
        ]
        let upgrade = NIOTypedHTTPClientUpgradeConfiguration<Void>(
            upgradeRequestHead: HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: headers),
            upgraders: [NodeUpgrader(isEncrypted: node.isSecure, open)],
            notUpgradingCompletionHandler: { $0.eventLoop.makeFailedFuture(NodeRefusal()) }
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

/// The other relay answered with something else than a WebSocket.
struct NodeRefusal: Error {}

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

    func upgrade(channel: any Channel, upgradeResponse: HTTPResponseHead) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture { try self.open.value(channel, self.isEncrypted) }
    }
}

public import NIOCore

/// A connection to a server, with UDP sockets of its own.
public final class QUICClient: Sendable {
    /// The connection; to be used on its loop.
    public let connection: NIOLoopBound<QUICConnection>
    private let loop: any EventLoop
    private let remote: SocketAddress
    private let line: NIOLoopBound<Line>

    /// What its sockets share.
    private final class Line {
        let endpoint: QUICEndpoint
        let port: UDPPort
        let intake = UDPIntake()
        var channels: [any Channel] = []

        init(endpoint: QUICEndpoint, port: UDPPort) {
            self.endpoint = endpoint
            self.port = port
        }

        func makeHandler() -> QUICSocketHandler {
            QUICSocketHandler(endpoint: self.endpoint, port: self.port, intake: self.intake)
        }
    }

    private init(
        _ connection: NIOLoopBound<QUICConnection>,
        _ loop: any EventLoop,
        _ remote: SocketAddress,
        _ line: NIOLoopBound<Line>
    ) {
        self.connection = connection
        self.loop = loop
        self.remote = remote
        self.line = line
    }

    /// - Parameters:
    ///   - name: the server's, as it is told in TLS (SNI); nil for none.
    ///   - token: what proves the address, from ``token``; empty for none.
    ///   - handler: made on the loop. Told when the connection is open, or that it did not come about.
    /// - Throws: where no socket can be had.
    public static func connect(
        to remote: SocketAddress,
        name: String? = nil,
        _ settings: QUICSettings,
        trusting trust: QUICTrust,
        token: [UInt8] = [],
        on loop: any EventLoop,
        handler: @escaping @Sendable () -> any QUICConnectionHandler
    ) async throws(QUICProblem) -> QUICClient {
        if let absence = QUICLibrary.absence { throw .notBuiltIn(absence) }
        let line = try await Self.onLoop(loop) { NIOLoopBound(Self.makeLine(settings, on: loop), eventLoop: loop) }
        let local = try await Self.openSocket(line, towards: remote, on: loop)
        let connection = try await Self.onLoop(loop) {
            guard let path = Transport.Path(local: local, remote: remote) else { throw QUICProblem.notConnected }
            let endpoint = line.value.endpoint
            let connection = try endpoint.connect(on: path, name: name, trust: trust, token: token)
            connection.handler = handler()
            return NIOLoopBound(connection, eventLoop: loop)
        }
        return QUICClient(connection, loop, remote, line)
    }

    /// What the server has given to prove this machine's address the next time.
    public var token: [UInt8] {
        get async { (try? await Self.onLoop(self.loop) { self.line.value.endpoint.token }) ?? [] }
    }

    /// Goes on from another UDP port of this machine, once that is found to work.
    public func migrate() async throws(QUICProblem) {
        let local = try await Self.openSocket(self.line, towards: self.remote, on: self.loop)
        try await Self.onLoop(self.loop) {
            guard let local = PeerAddress(local), self.connection.value.migrate(from: local) else {
                throw QUICProblem.notConnected
            }
        }
    }

    /// Ends the connection where it is open, and closes the sockets. Returns when that is done.
    public func close(code: UInt64, reason: String = "") async {
        let channels = try? await Self.onLoop(self.loop) {
            self.line.value.endpoint.close(code: code, reason: reason)
            return self.line.value.channels
        }
        for channel in channels ?? [] { try? await channel.close() }
    }

    // MARK: On the loop

    private static func makeLine(_ settings: QUICSettings, on loop: any EventLoop) -> Line {
        let port = UDPPort()
        let secret = TransportSettings.makeSecret()
        let endpoint = QUICEndpoint(
            loop: loop,
            settings: TransportSettings(settings, resetSecret: secret, tokenSecret: secret),
            plan: ConnectionIDPlan.plans(1)[0],
            output: port,
            counts: EndpointCounts(),
            server: nil
        )
        return Line(endpoint: endpoint, port: port)
    }

    private static func openSocket(
        _ line: NIOLoopBound<Line>,
        towards remote: SocketAddress,
        on loop: any EventLoop
    ) async throws(QUICProblem) -> SocketAddress {
        let any = try UDPBinding.resolve(remote.protocol == .inet6 ? "::" : "0.0.0.0", port: 0)
        let channel = try await UDPBinding.bind(to: any, isShared: false, on: loop) { line.value.makeHandler() }
        try await Self.onLoop(loop) { line.value.channels.append(channel) }
        guard let local = channel.localAddress else { throw .address("the socket was closed") }
        return local
    }

    private static func onLoop<Value: Sendable>(
        _ loop: any EventLoop,
        _ body: @escaping @Sendable () throws -> Value
    ) async throws(QUICProblem) -> Value {
        do {
            return try await loop.submit(body).get()
        } catch {
            throw error as? QUICProblem ?? .address("\(error)")
        }
    }
}

extension Transport.Path {
    fileprivate init?(local: SocketAddress, remote: SocketAddress) {
        guard let local = PeerAddress(local), let remote = PeerAddress(remote) else { return nil }
        self.init(local: local, remote: remote)
    }
}

import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import NIOSSL
import RelayWire
import Synchronization

/// OTLP over gRPC: calls of one message each way, on one connection of HTTP/2.
///
/// That is all of gRPC that the protocol uses, so no library of it is needed.
///
/// Owner of the connection: its lock. It is made with the first call, and anew with the first after it has ended.
final class OTLPGRPCTransport: OTLPTransport {
    private struct Connection: Sendable {
        let channel: any Channel
        let streams: NIOHTTP2Handler.StreamMultiplexer
        let trouble: ConnectionTrouble
    }

    private struct State {
        var connection: EventLoopFuture<Connection>?
        /// The same, once it is there.
        var open: Connection?
    }

    private let endpoint: OTLPEndpoint
    private let headers: [(String, String)]
    private let tls: NIOSSLContext?
    private let group: any EventLoopGroup
    private let state = Mutex(State())

    /// - Parameters:
    ///   - headers: what the collector wants to see besides.
    ///   - authorities: a PEM file; nil for the machine's.
    /// - Throws: where that file is not good.
    init(
        _ endpoint: OTLPEndpoint,
        headers: [(String, String)],
        authorities: String?,
        on group: any EventLoopGroup
    ) throws {
        self.endpoint = endpoint
        self.headers = headers.map { ($0.0.lowercased(), $0.1) }
        self.group = group
        guard endpoint.isSecure else {
            self.tls = nil
            return
        }
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.applicationProtocols = ["h2"]
        if let authorities { tls.trustRoots = .file(authorities) }
        self.tls = try NIOSSLContext(configuration: tls)
    }

    func send(_ signal: TelemetrySignal, _ message: ByteBuffer, within limit: TimeAmount) async -> ExportOutcome {
        var trouble: ConnectionTrouble?
        do {
            let connection = try await self.connection().get()
            trouble = connection.trouble
            let promise = connection.channel.eventLoop.makePromise(of: GRPCCall.Answer.self)
            let headers = self.headers(of: signal, within: limit)
            let opened = connection.channel.eventLoop.makePromise(of: (any Channel).self)
            opened.futureResult.whenFailure { promise.fail($0) }
            connection.streams.createStreamChannel(promise: opened) { stream in
                stream.eventLoop.makeCompletedFuture {
                    try stream.pipeline.syncOperations.addHandler(GRPCCall(headers, message, within: limit, promise))
                }
            }
            let answer = try await withTaskCancellationHandler {
                try await promise.futureResult.get()
            } onCancel: {
                promise.fail(CancellationError())
            }
            return Self.outcome(answer)
        } catch {
            self.drop()
            return .later(trouble?.text ?? NetworkTrouble.text(of: error), after: nil)
        }
    }

    private func headers(of signal: TelemetrySignal, within limit: TimeAmount) -> HPACKHeaders {
        var headers: HPACKHeaders = [
            ":method": "POST", ":scheme": self.endpoint.isSecure ? "https" : "http", ":path": Self.path(of: signal),
            ":authority": self.endpoint.authority, "te": "trailers", "content-type": "application/grpc",
            "user-agent": "pulsar-relay/\(RelayVersion.current)",
            "grpc-timeout": "\(max(1, limit.nanoseconds / 1_000_000))m",
        ]
        for (name, value) in self.headers { headers.add(name: name, value: value) }
        return headers
    }

    private static func path(of signal: TelemetrySignal) -> String {
        let service =
            switch signal {
            case .traces: "trace.v1.TraceService"
            case .metrics: "metrics.v1.MetricsService"
            case .logs: "logs.v1.LogsService"
            }
        return "/opentelemetry.proto.collector.\(service)/Export"
    }

    /// The statuses after which the protocol has a client try again, by their numbers. Without a status, HTTP's counts.
    static func outcome(_ answer: GRPCCall.Answer) -> ExportOutcome {
        let text = "gRPC status \(answer.status ?? "none") \(answer.reason ?? "")"
        guard let status = answer.status.flatMap({ Int($0) }) else {
            switch answer.httpStatus {
            case "429", "502", "503", "504": return .later("status \(answer.httpStatus ?? "")", after: nil)
            default: return .refused("status \(answer.httpStatus ?? "none") without one of gRPC")
            }
        }
        switch status {
        case 0: return .accepted(answer: GRPCCall.message(in: answer.body) ?? ByteBuffer())
        // Cancelled, deadline exceeded, aborted, out of range, unavailable, data loss.
        case 1, 4, 10, 11, 14, 15: return .later(text, after: nil)
        // Resource exhausted is for a moment where the server says for how long.
        case 8 where answer.hasRetryInfo: return .later(text, after: nil)
        default: return .refused(text)
        }
    }

    // MARK: The connection

    private func connection() -> EventLoopFuture<Connection> {
        self.state.withLock { state in
            if let open = state.open, !open.channel.isActive { state = State() }
            if let connection = state.connection { return connection }
            let connection = self.connect()
            state.connection = connection
            return connection.map { opened in
                let isWanted = self.state.withLock { state in
                    guard state.connection != nil else { return false }
                    state.open = opened
                    return true
                }
                if !isWanted { opened.channel.close(promise: nil) }
                return opened
            }
        }
    }

    /// The next call begins with a new connection.
    private func drop() {
        let open = self.state.withLock { state in
            defer { state = State() }
            return state.open
        }
        open?.channel.close(promise: nil)
    }

    private func connect() -> EventLoopFuture<Connection> {
        let (tls, host, trouble) = (self.tls, self.endpoint.host, ConnectionTrouble())
        return ClientBootstrap(group: self.group.next())
            .connectTimeout(TransportLimits.connecting)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(Self.handler(tls, for: host)) }
                    try pipeline.addHandler(trouble)
                    _ = try pipeline.configureHTTP2Pipeline(
                        mode: .client,
                        connectionConfiguration: .init(),
                        streamConfiguration: .init()
                    ) { pushed in pushed.close() }
                }
            }
            .connect(host: host, port: self.endpoint.port)
            .flatMap { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = try channel.pipeline.syncOperations.handler(type: NIOHTTP2Handler.self)
                    return Connection(channel: channel, streams: try handler.syncMultiplexer(), trouble: trouble)
                }
            }
    }

    private static func handler(_ context: NIOSSLContext, for host: String) throws -> NIOSSLClientHandler {
        // An address is no server name: the certificate is checked against it all the same.
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
    }

    func close() async {
        let open = self.state.withLock { state in
            defer { state = State() }
            return state.open
        }
        try? await open?.channel.close()
    }
}

/// Remembers what went wrong on a connection first: a certificate that nobody vouches for, say. Its streams are told only that it has ended.
///
/// Owner of the text: its lock.
private final class ConnectionTrouble: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let first = Mutex<String?>(nil)

    /// Nil where nothing has.
    var text: String? { self.first.withLock { $0 } }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.first.withLock { $0 = $0 ?? NetworkTrouble.text(of: error) }
        context.fireErrorCaught(error)
    }
}

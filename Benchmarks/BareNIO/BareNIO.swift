import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// The peer that the relay is measured against: what a plain SwiftNIO program costs for the same work, with no
/// topics, no storage, no users and no checks.
///
/// `bare-nio PORT [THREADS [TARGET]]` listens on 127.0.0.1 until it is killed. With a target it also listens on the next port, as a TCP proxy
/// to the port TARGET. Where the environment's `BARE_NIO_TLS` names a directory, it speaks TLS 1.3 alone, with the directory's
/// `certificate.pem` and `key.pem`. Its routes:
///
/// | route | what it does |
/// | --- | --- |
/// | `GET /ready` | 200 |
/// | `POST /publish` | reads the body, answers 201 |
/// | `POST /fanout` | writes the body as one WebSocket text frame to every connection of `/ws`, answers 201 |
/// | `POST /poll` | never answers |
/// | `GET /ws` | upgrades to WebSocket |
/// | `GET /document/NAME` | the same; what one sends as an update, all get |
@main
enum BareNIO {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst().map { Int($0) }
        guard let port = arguments.first.flatMap({ $0 }), arguments.count <= 3 else {
            print("usage: bare-nio PORT [THREADS [TARGET]]")
            return
        }
        let threads = arguments.count > 1 ? arguments[arguments.startIndex + 1] ?? 1 : 1
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        let audience = Audience(loops: group)
        let tls = try ProcessInfo.processInfo.environment["BARE_NIO_TLS"].map { try Self.tls(in: $0) }
        let listener = try await Self.bootstrap(group: group, audience: audience, tls)
            .bind(host: "127.0.0.1", port: port).get()
        if let target = arguments.dropFirst(2).first.flatMap({ $0 }) {
            _ = try await Proxy.bootstrap(group: group, target: target).bind(host: "127.0.0.1", port: port + 1).get()
        }
        try await listener.closeFuture.get()
    }

    private static func tls(in directory: String) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(directory + "/certificate.pem")
                .map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: directory + "/key.pem", format: .pem))
        )
        configuration.minimumTLSVersion = .tlsv13
        configuration.applicationProtocols = ["http/1.1"]
        return try NIOSSLContext(configuration: configuration)
    }

    private static func bootstrap(
        group: MultiThreadedEventLoopGroup,
        audience: Audience,
        _ tls: NIOSSLContext?
    ) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
                    }
                    try Self.configure(channel, audience: audience)
                }
            }
    }

    /// The stock HTTP/1 pipeline with pipelining and error handling, as a NIO user would set it up.
    private static func configure(_ channel: any Channel, audience: Audience) throws {
        let http = HTTPHandler(audience: audience)
        let boundHTTP = NIOLoopBound(http, eventLoop: channel.eventLoop)
        let pipeline = channel.pipeline.syncOperations
        try pipeline.configureHTTPServerPipeline(
            withServerUpgrade: (
                upgraders: [WebSocketRoute.upgrader(audience: audience)],
                completionHandler: { context in
                    context.pipeline.syncOperations.removeHandler(boundHTTP.value, promise: nil)
                }
            )
        )
        try pipeline.addHandler(http)
    }
}

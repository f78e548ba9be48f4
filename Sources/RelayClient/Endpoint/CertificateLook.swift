import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import RelayWire

/// A second look at a certificate that was not trusted: NIOSSL does not say why. Over this connection nothing is said, whoever answers.
enum CertificateLook {
    private static let timeout = TimeAmount.seconds(5)

    /// The error as it was, or as a ``TLSFault`` where trying again can't mend it.
    static func explain(_ error: any Error, at endpoint: RelayEndpoint) async -> any Error {
        guard let fault = TLSFault(error) else { return error }
        guard fault == .untrusted, let certificate = try? await self.certificate(of: endpoint) else { return fault }
        let now = Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
        return TLSFault(certificate, at: now)
    }

    private static func certificate(of endpoint: RelayEndpoint) async throws -> NIOSSLCertificate? {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateVerification = .none
        let context = try NIOSSLContext(configuration: tls)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let seen = loop.makePromise(of: NIOSSLCertificate?.self)
        let timer = loop.scheduleTask(in: self.timeout) { seen.succeed(nil) }
        defer { timer.cancel() }
        let channel: any Channel
        do {
            channel = try await ClientBootstrap(group: loop).connectTimeout(self.timeout)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandlers(
                            NIOSSLClientHandler(context: context, serverHostname: endpoint.serverName),
                            CertificateReader(seen)
                        )
                    }
                }
                .connect(host: endpoint.host, port: endpoint.port).get()
        } catch {
            seen.fail(error)
            throw error
        }
        defer { channel.close(promise: nil) }
        return try await seen.futureResult.get()
    }
}

/// Takes what the handshake has brought.
private final class CertificateReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let seen: EventLoopPromise<NIOSSLCertificate?>

    init(_ seen: EventLoopPromise<NIOSSLCertificate?>) {
        self.seen = seen
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted? = event as? TLSUserEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        self.seen.succeed(try? context.pipeline.syncOperations.nioSSL_peerCertificate())
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.seen.succeed(nil)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.seen.succeed(nil)
    }
}

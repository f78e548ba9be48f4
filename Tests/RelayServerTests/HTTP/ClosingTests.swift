import Logging
import NIOCore
import NIOPosix
import RelayAccess
import Testing

@testable import RelayServer

/// The peer takes nothing, and so little waits for it that the channel never counts as blocked.
@Suite("Connections whose last answer can't be written", .timeLimit(.minutes(1)))
struct ClosingTests {
    @Test(
        "are closed all the same",
        arguments: [
            "POST /api/v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n",
            "POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
        ]
    )
    func unwritten(_ request: String) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var configuration = RelayConfiguration.forTests
        configuration.server.readTimeout = .milliseconds(200)
        configuration.server.idleTimeout = .milliseconds(200)
        let hasher = PasswordHasher()
        let parts = try await RelayParts(
            configuration: configuration,
            store: try await configuration.openStore(on: group),
            hasher: hasher,
            secret: Secret("0123456789abcdef0123456789abcdef"),
            group: group,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let server = try await Self.listen(on: group, parts.services)
        let client = try await RawConnection.open(#require(server.localAddress?.port))
        client.send(request)
        #expect(await client.rest() == "")
        try await server.close()
        parts.lane.close()
        try await parts.loops.stop()
        await hasher.shutdown()
        try await group.shutdownGracefully()
    }

    private static func listen(on group: any EventLoopGroup, _ services: HTTPServices) async throws -> any Channel {
        try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Unwritten())
                    try Listener.configure(channel, services)
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
    }
}

/// Keeps what is to be written until the connection ends.
private final class Unwritten: ChannelOutboundHandler, ChannelInboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias InboundIn = ByteBuffer

    private var promises: [EventLoopPromise<Void>] = []

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if let promise { self.promises.append(promise) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        for promise in self.promises { promise.fail(ChannelError.ioOnClosedChannel) }
        context.fireChannelInactive()
    }
}

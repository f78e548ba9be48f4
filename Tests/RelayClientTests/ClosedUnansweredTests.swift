import NIOCore
import NIOPosix
import RelayClient
import Testing

@Suite("A server that closes the connection in place of an answer", .timeLimit(.minutes(1)))
struct ClosedUnansweredTests {
    /// As a server that speaks TLS alone.
    private final class Closer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.close(promise: nil)
        }
    }

    @Test("Without TLS the error asks whether it is https, and is no fault of the command line")
    func plain() async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Closer())
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        var configuration = RelayClientConfiguration()
        configuration.retry.maxAttempts = 1
        let client = RelayClient(
            endpoint: try RelayEndpoint("http://127.0.0.1:\(try #require(server.localAddress?.port))"),
            credentials: .password(username: "alice", password: "x"),
            configuration: configuration
        )
        let error = await #expect(throws: RelayError.self) { try await client.logIn() }
        #expect(error?.code == .unavailable)
        #expect(error?.detail == "the connection broke: it was closed without an answer: is it https?")
        try await server.close()
    }
}

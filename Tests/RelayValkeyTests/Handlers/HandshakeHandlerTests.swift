import NIOCore
import NIOEmbedded
import Testing

@testable import RelayValkey

struct HandshakeHandlerTests {
    /// How the handshake ended. Touched on the test's own thread only.
    private final class Reports {
        var list: [ValkeyError.Code?] = []
    }

    @Test(
        "The handshake ends once, and its handler leaves when all is agreed",
        arguments: [
            ("+OK\r\n+PONG\r\n", nil), ("-WRONGPASS no\r\n-NOAUTH no\r\n", .refused),
            ("+OK\r\n-LOADING wait\r\n", .server),
            ("+OK\r\n+PONG\r\n+OK\r\n", .protocolViolation), (":1\r\n", .protocolViolation),
            ("HTTP/1.1 400\r\n", .protocolViolation),
        ] as [(String, ValkeyError.Code?)]
    )
    func answers(text: String, code: ValkeyError.Code?) throws {
        let reports = Reports()
        let channel = EmbeddedChannel()
        let handler = HandshakeHandler(ValkeyConfiguration(password: "p")) { _, result in
            if case .failure(let error) = result { reports.list.append(error.code) } else { reports.list.append(nil) }
        }
        try channel.pipeline.syncOperations.addHandler(handler)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try channel.writeInbound(ByteBuffer(string: text))
        channel.embeddedEventLoop.run()
        #expect(reports.list == [code])
        #expect(channel.isActive == (code == nil))
        #expect((try? channel.pipeline.syncOperations.handler(type: HandshakeHandler.self)) == nil)
    }
}

import NIOCore
import NIOEmbedded
import Testing

@testable import RelayValkey

struct SubscriberHandlerTests {
    /// What the handler passed on, as text. Touched on the test's own thread only.
    private final class Received {
        var list: [String] = []
    }

    @Test("What comes is passed on in order, cut in two at any byte")
    func split() throws {
        let stream = Array(
            """
            *3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\n\r\n\r\n*2\r\n$4\r\npong\r\n$0\r\n\r\n\
            *3\r\n$8\r\nsmessage\r\n$1\r\nb\r\n$1\r\nx\r\n*3\r\n$12\r\nsunsubscribe\r\n$1\r\nb\r\n:0\r\n-ERR no\r\n+PONG\r\n
            """.utf8
        )
        for cut in 0...stream.count {
            let (channel, _, received) = try self.make()
            try channel.writeInbound(ByteBuffer(bytes: stream[..<cut]))
            try channel.writeInbound(ByteBuffer(bytes: stream[cut...]))
            #expect(channel.isActive)
            #expect(
                received.list == [
                    "subscribed a", "message a 2", "pong", "message sharded b 1", "unsubscribed sharded b", "error",
                    "pong",
                ],
                "cut at \(cut)"
            )
        }
    }

    @Test(
        "What makes no sense closes the connection",
        arguments: [
            ":1\r\n", "*1\r\n:1\r\n", "*3\r\n$3\r\nfoo\r\n$1\r\na\r\n:1\r\n",
            "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n:1\r\n", "$-1\r\n",
        ]
    )
    func nonsense(text: String) throws {
        let (channel, handler, received) = try self.make()
        try channel.writeInbound(ByteBuffer(string: text))
        #expect(handler.reason?.code == .protocolViolation)
        #expect(!channel.isActive)
        #expect(received.list == [])
    }

    @Test("Silence is asked about, and then ends the connection")
    func silence() throws {
        let (channel, handler, _) = try self.make()
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(1_100))
        #expect(try channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(string: "*1\r\n$4\r\nPING\r\n"))
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(2_800))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(300))
        #expect(!channel.isActive)
        #expect(handler.reason?.code == .timedOut)
    }

    private func make() throws -> (EmbeddedChannel, SubscriberHandler, Received) {
        let received = Received()
        let channel = EmbeddedChannel()
        let events = SubscriberHandler.Events(
            received: { reply in
                switch reply {
                case .message(let channel, let payload):
                    received.list.append("message \(channel) \(payload.readableBytes)")
                case .subscribed(let channel): received.list.append("subscribed \(channel)")
                case .unsubscribed(let channel): received.list.append("unsubscribed \(channel)")
                case .pong: received.list.append("pong")
                case .error: received.list.append("error")
                }
                return true
            },
            silence: { _ in }
        )
        let handler = SubscriberHandler(ValkeyConfiguration(), channel.eventLoop, events)
        try channel.pipeline.syncOperations.addHandler(handler)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return (channel, handler, received)
    }
}

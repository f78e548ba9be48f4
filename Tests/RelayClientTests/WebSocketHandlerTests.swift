import NIOCore
import NIOEmbedded
import NIOWebSocket
import Testing

@testable import RelayClient

@Suite("One WebSocket")
struct WebSocketHandlerTests {
    /// Counts what reaches the socket.
    private final class ReadCounter: ChannelOutboundHandler {
        typealias OutboundIn = Any

        var count = 0

        func read(context: ChannelHandlerContext) {
            self.count += 1
        }
    }

    private let counter = ReadCounter()
    private let handler = WebSocketHandler(maxBufferedBytes: 1000)
    private let channel: EmbeddedChannel

    init() throws {
        self.channel = EmbeddedChannel(handlers: [self.counter, self.handler])
        try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    private func receive() throws -> String {
        let promise = self.channel.eventLoop.makePromise(of: WebSocketHandler.Received.self)
        var received: String?
        promise.futureResult.assumeIsolated().whenSuccess { value in received = Self.name(value) }
        self.handler.receive(promise)
        return received ?? "waiting"
    }

    private static func name(_ received: WebSocketHandler.Received) -> String {
        switch received {
        case .message(let message): String(buffer: message)
        case .ended(.closed(let code, let reason)): "closed \(code) \(reason)"
        case .ended(.lost(let error)): "lost: \(error)"
        case .ended: "ended otherwise"
        }
    }

    private func write(_ opcode: WebSocketOpcode, _ data: ByteBuffer) throws {
        try self.channel.writeInbound(WebSocketFrame(fin: true, opcode: opcode, data: data))
    }

    private func written() throws -> WebSocketFrame? {
        try self.channel.readOutbound(as: WebSocketFrame.self)
    }

    @Test("A ping is answered with its data, masked, whether or not anybody receives")
    func ping() throws {
        try self.write(.ping, ByteBuffer(string: "are you there"))
        let pong = try #require(try self.written())
        #expect(pong.opcode == .pong && pong.maskKey != nil)
        #expect(String(buffer: pong.data) == "are you there")
    }

    @Test("Messages wait in order, and the end comes after them")
    func order() throws {
        try self.write(.text, ByteBuffer(string: "one"))
        try self.write(.text, ByteBuffer(string: "two"))
        try self.write(.connectionClose, ByteBuffer(bytes: [0x03, 0xF0] + Array("revoked".utf8)))
        #expect(try self.receive() == "one")
        #expect(try self.receive() == "two")
        #expect(try self.receive() == "closed 1008 revoked")
        #expect(try self.receive() == "closed 1008 revoked")
        let answer = try #require(try self.written())
        #expect(answer.opcode == .connectionClose && Array(answer.data.readableBytesView) == [0x03, 0xF0])
        #expect(!self.channel.isActive)
    }

    @Test("A close without a code, and a socket that just closes, are told apart")
    func ends() throws {
        try self.write(.connectionClose, ByteBuffer())
        #expect(try self.receive() == "closed 1005 ")
    }

    @Test("A socket that closes without a word is lost")
    func lost() throws {
        self.channel.pipeline.fireChannelInactive()
        #expect(try self.receive() == "lost: closed without a goodbye")
    }

    @Test("While the buffer is full nothing is read; taking half of it reads on")
    func backpressure() throws {
        let before = self.counter.count
        for _ in 0..<2 { try self.write(.text, ByteBuffer(repeating: 0x61, count: 436)) }
        self.channel.read()
        #expect(self.counter.count == before)
        _ = try self.receive()
        #expect(self.counter.count == before + 1)
        self.channel.read()
        #expect(self.counter.count == before + 2)
    }

    @Test("Silence is asked about once, then given up")
    func silence() throws {
        let event = IdleStateHandler.IdleStateEvent.read
        self.channel.pipeline.fireUserInboundEventTriggered(event)
        #expect(try self.written()?.opcode == .ping)
        try self.write(.pong, ByteBuffer())
        self.channel.pipeline.fireUserInboundEventTriggered(event)
        #expect(try self.written()?.opcode == .ping)
        #expect(self.channel.isActive)
        self.channel.pipeline.fireUserInboundEventTriggered(event)
        #expect(try self.receive() == "lost: no sign of life")
        #expect(!self.channel.isActive)
    }

    @Test("Nobody is blamed for silence while this side doesn't listen")
    func ownSilence() throws {
        try self.write(.text, ByteBuffer(repeating: 0x61, count: 2000))
        for _ in 0..<3 { self.channel.pipeline.fireUserInboundEventTriggered(IdleStateHandler.IdleStateEvent.read) }
        #expect(self.channel.isActive)
        #expect(try self.written() == nil)
    }

    @Test(
        "Frames beyond the protocol or the limits end it for good",
        arguments: [
            (NIOWebSocketError.invalidFrameLength, "closed 1009 a message is larger than this client takes"),
            (.fragmentedControlFrame, "closed 1002 the relay broke the WebSocket protocol"),
        ]
    )
    func violations(error: NIOWebSocketError, expected: String) throws {
        self.channel.pipeline.fireErrorCaught(error)
        #expect(try self.receive() == expected)
        #expect(try self.written()?.opcode == .connectionClose)
        #expect(!self.channel.isActive)
    }

    @Test("Closing says goodbye once")
    func close() throws {
        self.handler.close()
        self.handler.close()
        let goodbye = try #require(try self.written())
        #expect(goodbye.opcode == .connectionClose && goodbye.maskKey != nil)
        #expect(try self.written() == nil)
        #expect(try self.receive() == "lost: closed without a goodbye")
    }
}

import NIOCore
import NIOEmbedded
import Testing

@testable import RelayServer

/// Where a page of the system's is larger than TLS's buffers, nothing is given back.
@Suite("What TLS keeps of a connection that rests", .enabled(if: PageBlocks.sizes.contains(16 << 10)))
struct RestingTLSTests {
    /// Keeps two buffers, as TLS does, and changes nothing.
    private final class Buffers: ChannelDuplexHandler {
        typealias InboundIn = ByteBuffer
        typealias InboundOut = ByteBuffer
        typealias OutboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        var sent = PageAllocator.allocator.buffer(capacity: 16 << 10)
        var received = PageAllocator.allocator.buffer(capacity: 32 << 10)

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            self.received.clear()
            self.received.writeImmutableBuffer(self.unwrapInboundIn(data))
            context.fireChannelRead(self.wrapInboundOut(self.received))
        }

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            self.sent.clear()
            self.sent.writeImmutableBuffer(self.unwrapOutboundIn(data))
            context.write(self.wrapOutboundOut(self.sent), promise: promise)
        }
    }

    private let channel = EmbeddedChannel()
    private let buffers = Buffers()

    init() throws {
        let resting = RestingTLS(RestingConnections(eventLoop: self.channel.embeddedEventLoop))
        let pipeline = self.channel.pipeline.syncOperations
        try pipeline.addHandlers([resting, self.buffers, PlaintextCopier(resting)])
        try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    private func wait() {
        for _ in 0..<2 {
            self.channel.embeddedEventLoop.advanceTime(by: RestingConnections.interval + .milliseconds(100))
        }
    }

    @Test("What has come in is given back, and whoever keeps it has it still")
    func received() throws {
        try self.channel.writeInbound(ByteBuffer(string: "hello"))
        let kept = try #require(try self.channel.readInbound(as: ByteBuffer.self))
        #expect(self.buffers.received.getString(at: 0, length: 5) == "hello")
        self.wait()
        #expect(self.buffers.received.getBytes(at: 0, length: 5) == [0, 0, 0, 0, 0])
        #expect(String(buffer: kept) == "hello")
        try self.channel.writeInbound(ByteBuffer(string: "again"))
        #expect(try self.channel.readInbound(as: ByteBuffer.self) == ByteBuffer(string: "again"))
    }

    @Test("What is too much to be copied stays where it is, since somebody may keep it")
    func much() throws {
        let much = ByteBuffer(repeating: 7, count: PlaintextCopier.most + 1)
        try self.channel.writeInbound(ByteBuffer(string: "hello"))
        try self.channel.writeInbound(much)
        _ = try self.channel.readInbound(as: ByteBuffer.self)
        let kept = try #require(try self.channel.readInbound(as: ByteBuffer.self))
        self.wait()
        #expect(kept == much)
    }

    @Test("What goes out is given back once the socket has it")
    func sent() throws {
        self.channel.write(ByteBuffer(string: "hello"), promise: nil)
        self.wait()
        #expect(self.buffers.sent.getString(at: 0, length: 5) == "hello")
        self.channel.flush()
        #expect(try self.channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(string: "hello"))
        self.wait()
        #expect(self.buffers.sent.getBytes(at: 0, length: 5) == [0, 0, 0, 0, 0])
    }

    @Test("Nothing is given back of a connection that was closed")
    func closed() throws {
        try self.channel.writeInbound(ByteBuffer(string: "hello"))
        try self.channel.close().wait()
        self.wait()
        #expect(self.buffers.received.getString(at: 0, length: 5) == "hello")
    }
}

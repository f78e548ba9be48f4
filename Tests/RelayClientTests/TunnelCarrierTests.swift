import NIOCore
import NIOEmbedded
import NIOWebSocket
import Testing

@testable import RelayClient

@Suite("A tunnel's local program and its connections to the relay")
struct TunnelCarrierTests {
    @Test("What is behind the record during which its connection breaks waits for the next connection, and is no fault")
    func breaksBetweenRecords() throws {
        let loop = EmbeddedEventLoop()
        let carrier = TunnelCarrier(on: loop)
        let local = EmbeddedChannel(handler: carrier, loop: loop)
        // So much that it is acknowledged at once: a write to a connection that is gone ends it in the midst of what it had brought.
        let much = ByteBuffer(repeating: 7, count: TunnelFlow.window / 8)
        let first = try Connection(carrier, on: loop)
        first.breaker.isBroken = true
        try first.receive([.hello(received: 0), .data(much), .data(much), .end])
        guard case .underway = carrier.verdict else {
            Issue.record("\(carrier.verdict)")
            return
        }
        #expect(!first.channel.isActive)
        #expect(try local.readInbound(as: ByteBuffer.self) == nil)
        #expect(try local.readOutbound(as: ByteBuffer.self) == much)
        #expect(try local.readOutbound(as: ByteBuffer.self) == nil)

        // The other end sends again what this one lacks, from where it is.
        let second = try Connection(carrier, on: loop)
        #expect(second.sent.first == TunnelRecord.hello(received: UInt64(much.readableBytes)).bytes)
        try second.receive([.hello(received: 0), .data(much)])
        #expect(try local.readOutbound(as: ByteBuffer.self) == much)
        guard case .underway = carrier.verdict else {
            Issue.record("\(carrier.verdict)")
            return
        }
    }

    @Test("A connection that is no longer the tunnel's says nothing that counts")
    func olderConnection() throws {
        let loop = EmbeddedEventLoop()
        let carrier = TunnelCarrier(on: loop)
        let local = EmbeddedChannel(handler: carrier, loop: loop)
        let older = try Connection(carrier, on: loop)
        let newer = try Connection(carrier, on: loop)
        try newer.receive([.hello(received: 0)])
        try older.receive([.hello(received: 0), .data(ByteBuffer(string: "old"))])
        try newer.receive([.data(ByteBuffer(string: "new"))])
        #expect(try local.readOutbound(as: ByteBuffer.self) == ByteBuffer(string: "new"))
        guard case .underway = carrier.verdict else {
            Issue.record("\(carrier.verdict)")
            return
        }
    }

    /// A connection to the relay, as its last handlers see it.
    private struct Connection {
        let channel: EmbeddedChannel
        let breaker = Breaker()

        init(_ carrier: TunnelCarrier, on loop: EmbeddedEventLoop) throws {
            let ended = loop.makePromise(of: ConnectionEnd.self)
            self.channel = EmbeddedChannel(loop: loop)
            try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
            let pipeline = self.channel.pipeline.syncOperations
            try pipeline.addHandlers([self.breaker, TunnelSocketHandler(carrier, ended: ended)])
            loop.run()
        }

        /// All in one message, as what was on the way arrives.
        func receive(_ records: [TunnelRecord]) throws {
            var bytes = ByteBuffer()
            for record in records { bytes.writeImmutableBuffer(record.bytes) }
            try self.channel.writeInbound(WebSocketFrame(fin: true, opcode: .binary, data: bytes))
        }

        /// Not masked yet: the encoder does that.
        var sent: [ByteBuffer] {
            var all: [ByteBuffer] = []
            while let frame = try? self.channel.readOutbound(as: WebSocketFrame.self) { all.append(frame.data) }
            return all
        }
    }

    /// Ends the connection at the first write, once the peer is gone: at once, as a socket does.
    private final class Breaker: ChannelOutboundHandler {
        typealias OutboundIn = WebSocketFrame
        typealias OutboundOut = WebSocketFrame

        var isBroken = false

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            guard self.isBroken else { return context.write(data, promise: promise) }
            promise?.fail(ChannelError.ioOnClosedChannel)
            context.close(promise: nil)
        }
    }
}

import NIOCore
import NIOPosix
import SeededRandom
import Testing

@testable import RelayServer

@Suite("Socket writer")
struct SocketWriterTests {
    @Test(
        "bytes arrive whole and in order, however many of them the socket takes at once",
        arguments: 0..<6 as Range<UInt64>
    )
    func order(seed: UInt64) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let listener = try await ServerBootstrap(group: group)
            .childChannelOption(.socketOption(.so_sndbuf), value: 4_096)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(WritingHandler(seed: seed))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(listener.localAddress?.port)
        let received = group.next().makePromise(of: ByteBuffer.self)
        let client = try await ClientBootstrap(group: group)
            .channelOption(.socketOption(.so_rcvbuf), value: 4_096)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(CollectingHandler(done: received))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        let bytes = try await received.futureResult.get()
        #expect(bytes == WritingHandler.pieces(seed).reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) })
        try? await client.close()
        try await listener.close()
    }
}

extension SocketWriterTests {
    @Test(
        "a writer that is told of its channel's end writes to the socket without a look at the channel, and never after the end"
    )
    func end() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let listener = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
        let channel = try await ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(CountingWrites())
                    try channel.pipeline.syncOperations.addHandler(Idle())
                }
            }
            .connect(to: #require(listener.localAddress)).get()
        let looks = try await channel.eventLoop.submit {
            let context = try channel.pipeline.syncOperations.context(handlerType: Idle.self)
            let counter = try channel.pipeline.syncOperations.handler(type: CountingWrites.self)
            let writer = SocketWriter(isToldOfEnd: true)
            var looks: [Int] = []
            func write() {
                var count = 0
                func look() -> ChannelHandlerContext? {
                    count += 1
                    return context
                }
                writer.add(ByteBuffer(string: "x"), look())
                writer.flush(look())
                looks.append(count)
            }
            // The first finds the socket.
            write()
            write()
            let direct = counter.count
            writer.end()
            write()
            return looks + [direct, counter.count]
        }.get()
        // After the end it is the channel that is asked, and that writes what is left.
        #expect(looks[1] == 0)
        #expect(looks[2] > 0)
        #expect(looks[3...] == [0, 1])
        try await channel.close()
        try await listener.close()
    }
}

private final class CountingWrites: ChannelOutboundHandler {
    typealias OutboundIn = IOData

    private(set) var count = 0

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        self.count += 1
        context.write(data, promise: promise)
    }
}

private final class Idle: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
}

/// Writes a lot in pieces, in many turns of its loop, and closes.
private final class WritingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let writer = SocketWriter()
    private var random: SeededGenerator
    private var pieces: ArraySlice<ByteBuffer>

    init(seed: UInt64) {
        self.random = SeededGenerator(seed: seed &+ 1_000)
        self.pieces = Self.pieces(seed)[...]
    }

    static func pieces(_ seed: UInt64) -> [ByteBuffer] {
        var random = SeededGenerator(seed: seed)
        return (0..<400).map { index in
            let largest = random.chance(10) ? 60_000 : 2_000
            return ByteBuffer(
                repeating: UInt8(truncatingIfNeeded: index),
                count: .random(in: 1...largest, using: &random)
            )
        }
    }

    func channelActive(context: ChannelHandlerContext) {
        self.turn(context)
    }

    private func turn(_ context: ChannelHandlerContext) {
        for _ in 0..<Int.random(in: 1...4, using: &self.random) {
            guard let piece = self.pieces.popFirst() else { return self.finish(context) }
            if self.random.chance(80) {
                self.writer.add(piece, context)
            } else {
                self.writer.queue(piece, context, nil)
            }
        }
        if self.random.chance(90) { self.writer.flush(context) }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .microseconds(self.random.chance(20) ? 500 : 0)) {
            bound.value.0.turn(bound.value.1)
        }
    }

    private func finish(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.whenComplete { _ in bound.value.close(promise: nil) }
        self.writer.queue(ByteBuffer(), context, written)
        self.writer.flush(context)
    }
}

/// Everything that comes until the end.
private final class CollectingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var bytes = ByteBuffer()
    private let done: EventLoopPromise<ByteBuffer>

    init(done: EventLoopPromise<ByteBuffer>) {
        self.done = done
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.bytes.writeImmutableBuffer(self.unwrapInboundIn(data))
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.done.succeed(self.bytes)
    }
}

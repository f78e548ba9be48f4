import NIOCore
import NIOEmbedded
import Testing

@testable import RelayServer

@Suite("Socket writer, used from within its own flush")
struct SocketWriterReentryTests {
    /// Reads in the middle of the first flush, as a channel does that finds its socket closed while it writes.
    private final class ReadingFlush: ChannelDuplexHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundIn = IOData

        private var hasRead = false

        func flush(context: ChannelHandlerContext) {
            if !self.hasRead {
                self.hasRead = true
                context.fireChannelRead(NIOAny(ByteBuffer(string: "read")))
            }
            context.flush()
        }
    }

    /// Answers what it reads at once, through its writer.
    private final class Answering: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let socket = SocketWriter()

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            self.write("answer", context)
        }

        func write(_ text: String, _ context: ChannelHandlerContext) {
            self.socket.add(ByteBuffer(string: text), context)
            self.socket.flush(context)
        }
    }

    @Test("What is read in the middle of a flush may write and flush as well, and comes behind it")
    func flushWithinFlush() throws {
        let answering = Answering()
        let channel = EmbeddedChannel(handlers: [ReadingFlush(), answering])
        let context = try channel.pipeline.syncOperations.context(handler: answering)
        answering.write("first", context)
        var written: [String] = []
        while let data = try channel.readOutbound(as: IOData.self) {
            if case .byteBuffer(let bytes) = data { written.append(String(buffer: bytes)) }
        }
        #expect(written == ["first", "answer"])
        _ = try channel.finish(acceptAlreadyClosed: true)
    }
}

import NIOCore
import NIOHTTP1

/// Takes the requests that carry messages straight from the socket's bytes, before the HTTP decoder, which costs several
/// times as much.
///
/// It keeps no bytes. What one read of the socket brought is either a whole request of a known shape (see ``RequestHeadScanner``), or goes
/// to the decoder. From then on the decoder reads, until one of its requests ends with the last byte that it was given. Only then nothing
/// of the next request is inside it. To know that for certain, the scanner gives it its last byte apart.
final class RequestScanner: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private var scanner: RequestHeadScanner
    private let receiver: any ScannedRequestReceiver
    /// Whether the decoder is, or may be, in the midst of a request.
    private var isDecoding = false
    private var isRemoved = false

    /// - Parameters:
    ///   - texts: the event loop's.
    ///   - receiver: the handler that the decoder's parts go to.
    init(texts: HeadTexts, receiver: any ScannedRequestReceiver) {
        self.scanner = RequestHeadScanner(texts: texts)
        self.receiver = receiver
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = self.unwrapInboundIn(data)
        while !self.isDecoding, let request = self.scanner.read(from: &bytes) {
            self.receiver.received(request)
            guard bytes.readableBytes > 0 else { return }
        }
        self.decode(bytes, context)
    }

    private func decode(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        var bytes = bytes
        let pipeline = context.pipeline
        self.isDecoding = true
        // A decoder that has given up says so once more for whatever it is given. It gets what it would get without us.
        guard !self.receiver.hasDecoderFailed else { return context.fireChannelRead(self.wrapInboundOut(bytes)) }
        if bytes.readableBytes > 1, let beginning = bytes.readSlice(length: bytes.readableBytes - 1) {
            context.fireChannelRead(self.wrapInboundOut(beginning))
        }
        guard !self.isRemoved else {
            // The connection has become another protocol's. The byte belongs to that.
            return pipeline.syncOperations.fireChannelRead(NIOAny(bytes))
        }
        guard !self.receiver.hasDecoderFailed else { return }
        self.receiver.hasDecodedRequest = false
        context.fireChannelRead(self.wrapInboundOut(bytes))
        self.isDecoding = !self.receiver.hasDecodedRequest
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.isRemoved = true
    }
}

/// Who takes requests from both the scanner and the decoder.
protocol ScannedRequestReceiver: AnyObject {
    /// Set where the decoder has given a request's end, unless the connection ends with that request or changes its
    /// protocol: then what follows is no request.
    var hasDecodedRequest: Bool { get set }

    /// Whether the decoder has found what is no HTTP. It reads nothing after that.
    var hasDecoderFailed: Bool { get }

    func received(_ request: RequestHeadScanner.Request)
}

import NIOCore
import NIOHTTP1

/// Writes responses as HTTP/1.1 text. Where the body is small, head and body are one buffer: a usual answer is one write on the socket.
///
/// The framing is the response's own: `content-length` where it says so. A body of unknown length is chunked for HTTP/1.1
/// (RFC 9112, section 7.1), and ended by the connection's close for HTTP/1.0. Header values are not checked: whoever makes
/// the response sees to it that they hold no line break.
final class ResponseEncoder: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = IOData

    /// Larger bodies are written as they are: one more buffer for the socket costs less than the copy.
    private static let maxCopiedBytes = 16 << 10

    /// Encoded and not yet written. Given on by a flush, where it has become much, or where somebody waits for a part.
    private var gathered = ByteBuffer()
    private let socket: SocketWriter
    /// Whether bytes are encrypted on their way, so that they have to go through the channel.
    let isEncrypted: Bool
    private var isChunked = false
    private var context: ChannelHandlerContext?

    init(isEncrypted: Bool = false) {
        self.isEncrypted = isEncrypted
        self.socket = SocketWriter(usesChannelAlone: isEncrypted)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// A response as a whole, which costs less than its parts one by one. It is not flushed.
    func write(_ head: HTTPResponseHead, _ body: ByteBuffer?, promise: EventLoopPromise<Void>?) {
        guard let context = self.context else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        self.begin(head)
        if let body { self.write(body, context, nil) }
        self.end(context, promise)
    }

    /// A reply that is complete, of HTTP/1.1, on a connection that goes on. It is not flushed.
    func write(_ reply: Reply, date: String?, requestID: String) {
        guard let context = self.context else { return }
        self.isChunked = false
        self.gathered.reserveCapacity(minimumWritableBytes: 512)
        self.gathered.writeStart(reply.status, .http1_1)
        self.gathered.writeFields(reply.headers)
        self.gathered.writeField("content-length: ", String(reply.body.readableBytes))
        if let date { self.gathered.writeField("date: ", date) }
        self.gathered.writeField("x-request-id: ", requestID)
        self.gathered.writeStaticString("\r\n")
        self.write(reply.body, context, nil)
        self.end(context, nil)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch self.unwrapOutboundIn(data) {
        case .head(let head):
            self.begin(head)
            if let promise { self.writeGathered(context, promise) }
        case .body(.byteBuffer(let bytes)):
            self.write(bytes, context, promise)
        case .body(.fileRegion):
            preconditionFailure("the relay sends no files")
        case .end:
            self.end(context, promise)
        }
    }

    private func begin(_ head: HTTPResponseHead) {
        self.isChunked = head.needsChunks
        self.gathered.reserveCapacity(minimumWritableBytes: 512)
        self.gathered.writeHead(head, isChunked: self.isChunked)
    }

    private func end(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        if self.isChunked { self.gathered.writeStaticString("0\r\n\r\n") }
        if promise != nil || self.gathered.readableBytes > Self.maxCopiedBytes { self.writeGathered(context, promise) }
    }

    func flush(context: ChannelHandlerContext) {
        if self.gathered.readableBytes > 0 {
            self.socket.add(self.gathered, context)
            self.gathered = ByteBuffer()
        }
        self.socket.flush(context)
    }

    /// What was answered goes out before the end, flushed or not.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode != .input { self.flush(context: context) }
        context.close(mode: mode, promise: promise)
    }

    /// An empty part is nothing: as a chunk it would end the body. Its promise tells when all before it is written.
    private func write(_ bytes: ByteBuffer, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        guard bytes.readableBytes > 0 else {
            if let promise { self.writeGathered(context, promise) }
            return
        }
        if self.isChunked {
            self.gathered.writeString(String(bytes.readableBytes, radix: 16))
            self.gathered.writeStaticString("\r\n")
        }
        if bytes.readableBytes <= Self.maxCopiedBytes {
            self.gathered.writeImmutableBuffer(bytes)
        } else {
            self.writeGathered(context, nil)
            self.socket.queue(bytes, context, nil)
        }
        if self.isChunked { self.gathered.writeStaticString("\r\n") }
        if let promise { self.writeGathered(context, promise) }
    }

    private func writeGathered(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        let bytes = self.gathered
        self.gathered = ByteBuffer()
        self.socket.queue(bytes, context, promise)
    }
}

extension HTTPResponseHead {
    fileprivate var needsChunks: Bool {
        self.version == .http1_1 && self.status.mayHaveResponseBody && !self.headers.contains(name: "content-length")
    }
}

extension ByteBuffer {
    fileprivate mutating func writeHead(_ head: HTTPResponseHead, isChunked: Bool) {
        self.writeStart(head.status, head.version)
        self.writeFields(head.headers)
        self.writeStaticString(isChunked ? "transfer-encoding: chunked\r\n\r\n" : "\r\n")
    }

    fileprivate mutating func writeStart(_ status: HTTPResponseStatus, _ version: HTTPVersion) {
        self.writeStaticString(version == .http1_0 ? "HTTP/1.0 " : "HTTP/1.1 ")
        self.writeString(String(status.code))
        self.writeStaticString(" ")
        self.writeString(status.reasonPhrase)
        self.writeStaticString("\r\n")
    }

    fileprivate mutating func writeFields(_ headers: HTTPHeaders) {
        for (name, value) in headers {
            self.writeString(name)
            self.writeStaticString(": ")
            self.writeString(value)
            self.writeStaticString("\r\n")
        }
    }

    /// - Parameter name: with its colon and space.
    fileprivate mutating func writeField(_ name: StaticString, _ value: String) {
        self.writeStaticString(name)
        self.writeString(value)
        self.writeStaticString("\r\n")
    }
}

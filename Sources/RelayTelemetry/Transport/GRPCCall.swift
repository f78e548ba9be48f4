import NIOCore
import NIOHPACK
import NIOHTTP2

/// One call of gRPC with one message each way, on a stream of its own.
final class GRPCCall: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    /// What the server has said, as far as it goes.
    struct Answer: Sendable {
        /// Of HTTP; nil where none came.
        var httpStatus: String?
        /// Nil where none came.
        var status: String?
        var reason: String?
        /// Whether it says when to try again.
        var hasRetryInfo = false
        /// With the five bytes before the message.
        var body = ByteBuffer()
    }

    private let headers: HPACKHeaders
    private let message: ByteBuffer
    private let limit: TimeAmount
    private var promise: EventLoopPromise<Answer>?
    private var answer = Answer()
    private var timer: Scheduled<Void>?

    init(_ headers: HPACKHeaders, _ message: ByteBuffer, within limit: TimeAmount, _ promise: EventLoopPromise<Answer>)
    {
        self.headers = headers
        self.message = message
        self.limit = limit
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        self.timer = context.eventLoop.scheduleTask(in: self.limit) { channel.close(promise: nil) }
        context.write(self.wrapOutboundOut(.headers(.init(headers: self.headers))), promise: nil)
        let data = HTTP2Frame.FramePayload.Data(data: .byteBuffer(Self.framed(self.message)), endStream: true)
        context.writeAndFlush(self.wrapOutboundOut(.data(data)), promise: nil)
    }

    /// Not compressed; the length in network order.
    static func framed(_ message: ByteBuffer) -> ByteBuffer {
        var framed = ByteBuffer()
        framed.reserveCapacity(message.readableBytes + 5)
        framed.writeInteger(UInt8(0))
        framed.writeInteger(UInt32(message.readableBytes))
        framed.writeImmutableBuffer(message)
        return framed
    }

    /// - Returns: the message of an answer; nil where it is not there whole, or is compressed.
    static func message(in body: ByteBuffer) -> ByteBuffer? {
        var body = body
        guard body.readInteger(as: UInt8.self) == 0, let size = body.readInteger(as: UInt32.self),
            size == body.readableBytes
        else { return nil }
        return body
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .headers(let frame):
            self.took(frame.headers)
            if frame.endStream { self.finish(context) }
        case .data(let frame):
            if case .byteBuffer(let bytes) = frame.data {
                self.answer.body.writeImmutableBuffer(bytes)
                if self.answer.body.readableBytes > TransportLimits.answerBytes { return context.close(promise: nil) }
            }
            if frame.endStream { self.finish(context) }
        default: break
        }
    }

    private func took(_ headers: HPACKHeaders) {
        self.answer.httpStatus = headers.first(name: ":status") ?? self.answer.httpStatus
        self.answer.status = headers.first(name: "grpc-status") ?? self.answer.status
        self.answer.reason = headers.first(name: "grpc-message") ?? self.answer.reason
        self.answer.hasRetryInfo = self.answer.hasRetryInfo || headers.contains(name: "grpc-status-details-bin")
    }

    private func finish(_ context: ChannelHandlerContext) {
        self.promise?.succeed(self.answer)
        self.promise = nil
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.timer?.cancel()
        self.fail(ChannelError.ioOnClosedChannel)
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.fail(ChannelError.ioOnClosedChannel) }

    private func fail(_ error: any Error) {
        self.promise?.fail(error)
        self.promise = nil
    }
}

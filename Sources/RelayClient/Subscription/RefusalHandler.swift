import NIOCore
import NIOHTTP1

/// Reads the answer of a relay that did not upgrade. Owner of all state: the channel's event loop.
final class RefusalHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    /// More of the body is not looked at.
    private static let maxBodyBytes = 16 << 10

    private var promise: EventLoopPromise<HTTPReply>?
    private var head: HTTPResponseHead?
    private var body: [UInt8] = []

    init(_ promise: EventLoopPromise<HTTPReply>) {
        self.promise = promise
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
        case .body(let part):
            self.body += part.readableBytesView.prefix(Self.maxBodyBytes - self.body.count)
        case .end:
            self.finish(ConnectionFault.closedWithoutGoodbye)
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.finish(ConnectionFault.closedWithoutGoodbye)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.finish(error)
        context.close(promise: nil)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.finish(ConnectionFault.closedWithoutGoodbye)
    }

    /// With the status, if it has arrived: the rest of the answer only explains it.
    private func finish(_ error: any Error) {
        guard let promise else { return }
        self.promise = nil
        guard let head else { return promise.fail(error) }
        let retryAfter = head.headers.first(name: "Retry-After").flatMap(RetryAfter.init)?.duration
        promise.succeed(HTTPReply(status: Int(head.status.code), retryAfter: retryAfter, body: self.body))
    }
}

import NIOCore
import NIOHTTP1

/// Answers the HTTP routes of one connection.
final class HTTPHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// As long as the relay's answer to a publish.
    private static let receipt = ByteBuffer(
        string: #"{"message_id":"1795251363585-0","topic":"bench","timestamp":"2026-11-21T09:36:03.585000Z"}"#
    )

    private let audience: Audience
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()

    init(audience: Audience) {
        self.audience = audience
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            self.body.clear()
        case .body(var part):
            self.body.writeBuffer(&part)
        case .end:
            guard let head = self.head else { return }
            self.head = nil
            self.answer(head, context: context)
        }
    }

    private func answer(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
        switch (head.method, head.uri) {
        case (.POST, "/publish"):
            self.respond(.created, to: head, context: context)
        case (.POST, "/fanout"):
            self.audience.send(SharedFrame.text(self.body))
            self.respond(.created, to: head, context: context)
        case (.POST, "/poll"):
            return
        // A collector of telemetry.
        case (.GET, "/ready"), (.POST, "/v1/traces"), (.POST, "/v1/metrics"), (.POST, "/v1/logs"):
            self.respond(.ok, to: head, context: context)
        default:
            self.respond(.notFound, to: head, context: context)
        }
    }

    private func respond(_ status: HTTPResponseStatus, to request: HTTPRequestHead, context: ChannelHandlerContext) {
        var headers = HTTPHeaders()
        headers.add(name: "content-type", value: "application/json")
        headers.add(name: "content-length", value: String(Self.receipt.readableBytes))
        let head = HTTPResponseHead(version: request.version, status: status, headers: headers)
        context.write(self.wrapOutboundOut(.head(head)), promise: nil)
        context.write(self.wrapOutboundOut(.body(.byteBuffer(Self.receipt))), promise: nil)
        context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
        if !request.isKeepAlive {
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

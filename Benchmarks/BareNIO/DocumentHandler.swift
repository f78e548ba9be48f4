import NIOCore
import NIOWebSocket

/// Passes on what a client of y-websocket writes to all who are connected, unread. Who asks for the document gets an empty one.
final class DocumentHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private static let question: [UInt8] = [0, 0]
    private static let update: [UInt8] = [0, 2]
    private static let emptyDocument = ByteBuffer(bytes: [0, 1, 2, 0, 0] as [UInt8])

    private let audience: Audience

    init(audience: Audience) {
        self.audience = audience
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = self.unwrapInboundIn(data)
        guard frame.opcode == .binary else { return context.fireChannelRead(data) }
        let message = frame.unmaskedData
        if message.readableBytesView.starts(with: Self.update) {
            self.audience.send(SharedFrame.binary(message))
        } else if message.readableBytesView.starts(with: Self.question) {
            let answer = WebSocketFrame(fin: true, opcode: .binary, data: Self.emptyDocument)
            context.writeAndFlush(self.wrapOutboundOut(answer), promise: nil)
        }
    }
}

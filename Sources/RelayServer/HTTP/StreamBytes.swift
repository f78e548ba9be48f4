import NIOCore
import NIOHTTP1

/// Lets a stream's parts be bytes, both ways, for a protocol that has taken over from HTTP.
final class StreamBytes: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = HTTPServerResponsePart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .body(let bytes) = self.unwrapInboundIn(data) else { return }
        context.fireChannelRead(self.wrapInboundOut(bytes))
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        context.write(self.wrapOutboundOut(.body(self.unwrapOutboundIn(data))), promise: promise)
    }
}

import NIOCore

/// The client side of one WebSocket subscription: handshake, subscribe frame, then counting what arrives.
final class SubscriberHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        /// The request for the upgrade is sent, or about to be.
        case upgrading
        /// The subscribe frame is sent; the server's first frame answers it.
        case subscribing
        case live
        case closed
    }

    private let upgradeRequest: ByteBuffer
    private let subscribeFrame: ByteBuffer?
    private let log: DeliveryLog
    private let joined: EventLoopPromise<Void>
    private var state = State.upgrading
    private var inbox = Inbox()

    /// - Parameters:
    ///   - dialect: nothing needs to be sent after the handshake when it has no subscribe frame.
    ///   - joined: completed when deliveries can be expected, or when they can't.
    init(dialect: Dialect, log: DeliveryLog, joined: EventLoopPromise<Void>) {
        self.upgradeRequest = dialect.upgradeRequest
        self.subscribeFrame = dialect.subscribeFrame
        self.log = log
        self.joined = joined
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(self.wrapOutboundOut(self.upgradeRequest), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.inbox.receive(self.unwrapInboundIn(data))
        if self.state == .upgrading, let response = HTTPResponse.read(from: &self.inbox.bytes) {
            self.upgradeAnswered(response, context: context)
        }
        while self.state != .upgrading, let frame = ServerFrame.read(from: &self.inbox.bytes) {
            self.received(frame, context: context)
        }
        self.inbox.settle()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.end(with: LoadError.connectionClosed)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.end(with: error)
        context.close(promise: nil)
    }

    private func upgradeAnswered(_ response: HTTPResponse, context: ChannelHandlerContext) {
        guard response.status == 101 else {
            self.end(with: LoadError.handshakeRefused(status: response.status))
            context.close(promise: nil)
            return
        }
        guard let subscribeFrame = self.subscribeFrame else {
            self.goLive()
            return
        }
        self.state = .subscribing
        context.writeAndFlush(self.wrapOutboundOut(subscribeFrame), promise: nil)
    }

    private func received(_ frame: ServerFrame, context: ChannelHandlerContext) {
        switch frame.opcode {
        case .ping:
            context.writeAndFlush(self.wrapOutboundOut(ClientFrame.pong(frame.payload)), promise: nil)
        case .close:
            context.close(promise: nil)
        case .text:
            self.receivedText(frame.payload, context: context)
        case .binary, .pong, nil:
            return
        }
    }

    private func receivedText(_ payload: ByteBuffer, context: ChannelHandlerContext) {
        switch self.state {
        case .live:
            self.log.delivered(latency: self.log.readsStamps ? LatencyStamp.age(in: payload) : nil)
        case .subscribing:
            let answer = String(buffer: payload)
            guard answer.contains(#""subscribed""#) else {
                self.end(with: LoadError.subscriptionRefused(answer))
                context.close(promise: nil)
                return
            }
            self.goLive()
        case .upgrading, .closed:
            return
        }
    }

    private func goLive() {
        self.state = .live
        self.joined.succeed()
    }

    private func end(with error: any Error) {
        switch self.state {
        case .upgrading, .subscribing:
            self.joined.fail(error)
        case .live:
            self.log.readerLost()
        case .closed:
            return
        }
        self.state = .closed
    }
}

import NIOCore

/// What is said over one WebSocket by its client.
protocol SocketTalk {
    /// The server has taken the WebSocket.
    mutating func opened() -> SocketAnswer?

    /// A text or a binary message has come.
    mutating func heard(_ frame: ServerFrame) -> SocketAnswer?

    /// Nothing more is said or heard, or there is no WebSocket. Called once.
    mutating func ended(_ error: any Error)
}

/// What a ``SocketTalk`` wants.
enum SocketAnswer {
    /// A frame, ready to be sent.
    case say(ByteBuffer)
    case giveUp(any Error)
}

/// The client side of one WebSocket: handshake, frames, pings. What is said over it is its talk's affair.
///
/// What is written to its channel are frames, ready to be sent.
final class SocketHandler<Talk: SocketTalk>: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        /// The request for the upgrade is sent, or about to be.
        case upgrading
        case open
        case closed
    }

    private let upgradeRequest: ByteBuffer
    private var talk: Talk
    private var state = State.upgrading
    private var inbox = Inbox()

    init(dialect: Dialect, _ talk: Talk) {
        self.upgradeRequest = dialect.upgradeRequest
        self.talk = talk
    }

    func channelActive(context: ChannelHandlerContext) { self.send(self.upgradeRequest, context) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.inbox.receive(self.unwrapInboundIn(data))
        if case .upgrading = self.state {
            guard let response = HTTPResponse.read(from: &self.inbox.bytes) else { return }
            self.upgradeAnswered(response, context)
        }
        while let frame = ServerFrame.read(from: &self.inbox.bytes) { self.received(frame, context) }
        self.inbox.settle()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.end(LoadError.connectionClosed)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.end(error)
        context.close(promise: nil)
    }

    private func upgradeAnswered(_ response: HTTPResponse, _ context: ChannelHandlerContext) {
        guard response.status == 101 else {
            return self.carryOut(.giveUp(LoadError.handshakeRefused(status: response.status)), context)
        }
        self.state = .open
        self.carryOut(self.talk.opened(), context)
    }

    private func received(_ frame: ServerFrame, _ context: ChannelHandlerContext) {
        guard case .open = self.state else { return }
        switch frame.opcode {
        case .ping: self.send(ClientFrame.pong(frame.payload), context)
        case .close:
            self.end(LoadError(closeFrame: frame.payload))
            context.close(promise: nil)
        case .text, .binary: self.carryOut(self.talk.heard(frame), context)
        case .pong, nil: break
        }
    }

    private func carryOut(_ answer: SocketAnswer?, _ context: ChannelHandlerContext) {
        switch answer {
        case .say(let frame): self.send(frame, context)
        case .giveUp(let error):
            self.end(error)
            context.close(promise: nil)
        case nil: break
        }
    }

    private func send(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        context.writeAndFlush(self.wrapOutboundOut(bytes), promise: nil)
    }

    private func end(_ error: any Error) {
        if case .closed = self.state { return }
        self.state = .closed
        self.talk.ended(error)
    }
}

extension LoadError {
    /// - Parameter payload: of a close frame.
    init(closeFrame payload: ByteBuffer) {
        var payload = payload
        guard let code: UInt16 = payload.readInteger() else {
            self = .connectionClosed
            return
        }
        self = .webSocketClosed(code: code, words: String(buffer: payload))
    }
}

import NIOCore

/// The client side of one WebSocket of a document: handshake, the question for the whole document, then counting the updates that arrive.
/// What is written to its channel are frames, ready to be sent.
final class EditorHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What joining brought.
    struct Joined: Sendable {
        var document: [UInt8]
        /// From the question to the last byte of the answer.
        var time: TimeAmount
    }

    private enum State {
        case upgrading
        /// The question is asked.
        case joining(since: NIODeadline)
        case live
        case closed
    }

    private let upgradeRequest: ByteBuffer
    private let log: DeliveryLog
    private let joined: EventLoopPromise<Joined>
    private var state = State.upgrading
    private var inbox = Inbox()

    /// - Parameter joined: completed when the document is there, or when it can't be.
    init(dialect: Dialect, log: DeliveryLog, joined: EventLoopPromise<Joined>) {
        self.upgradeRequest = dialect.upgradeRequest
        self.log = log
        self.joined = joined
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(self.wrapOutboundOut(self.upgradeRequest), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.inbox.receive(self.unwrapInboundIn(data))
        if case .upgrading = self.state {
            guard let response = HTTPResponse.read(from: &self.inbox.bytes) else { return }
            self.upgradeAnswered(response, context: context)
        }
        while let frame = ServerFrame.read(from: &self.inbox.bytes) {
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
            return context.close(promise: nil)
        }
        self.state = .joining(since: .now())
        self.say(DocumentSpeech.question, context: context)
    }

    private func say(_ message: ByteBuffer, context: ChannelHandlerContext) {
        context.writeAndFlush(self.wrapOutboundOut(ClientFrame.binary(message)), promise: nil)
    }

    private func received(_ frame: ServerFrame, context: ChannelHandlerContext) {
        switch frame.opcode {
        case .ping: context.writeAndFlush(self.wrapOutboundOut(ClientFrame.pong(frame.payload)), promise: nil)
        case .close: context.close(promise: nil)
        case .binary: self.received(message: frame.payload, context: context)
        case .text, .pong, nil: break
        }
    }

    private func received(message: ByteBuffer, context: ChannelHandlerContext) {
        switch (DocumentSpeech.heard(message), self.state) {
        case (.question, _): self.say(DocumentSpeech.nothing, context: context)
        case (.document(let document), .joining(let start)):
            self.state = .live
            self.joined.succeed(Joined(document: document, time: .now() - start))
        case (.update(let update), _):
            let latencies = self.log.readsStamps ? LatencyStamp.ages(in: message) : []
            self.log.delivered(DocumentSpeech.count(in: update), latencies: latencies)
        case (.document, _), (.other, _): break
        }
    }

    private func end(with error: any Error) {
        switch self.state {
        case .upgrading, .joining: self.joined.fail(error)
        case .live: self.log.readerLost()
        case .closed: return
        }
        self.state = .closed
    }
}

import NIOCore
import NIOWebSocket

/// One open WebSocket: answers pings, buffers a bounded number of bytes, and reads on only as they are taken.
///
/// Owner of all state: the channel's event loop. Comes behind a frame aggregator, so that messages are whole.
final class WebSocketHandler: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = Never
    typealias OutboundOut = WebSocketFrame

    enum Received: Sendable {
        case message(ByteBuffer)
        case ended(ConnectionEnd)
    }

    /// Messages are `text` or `binary`. Those of the other sort are passed over.
    private let format: WebSocketOpcode
    private var queue: InboundQueue
    private var end: ConnectionEnd?
    private var waiter: EventLoopPromise<Received>?
    private var hasPendingRead = false
    private var isSilent = false
    private var hasSentClose = false
    private var context: ChannelHandlerContext?

    init(maxBufferedBytes: Int, format: WebSocketOpcode = .text) {
        self.format = format
        self.queue = InboundQueue(maxBytes: maxBufferedBytes)
    }

    /// Completes `promise` with the next message, or with the end once all messages are taken. One caller at a time.
    func receive(_ promise: EventLoopPromise<Received>) {
        if let message = self.queue.popFirst() {
            promise.succeed(.message(message))
            self.resumeReading()
        } else if let end {
            promise.succeed(.ended(end))
        } else {
            self.waiter = promise
        }
    }

    /// Whether whoever asks for the next message has to wait.
    var hasNothing: Bool { self.queue.isEmpty && self.end == nil }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.ended(.lost(ConnectionFault.closedWithoutGoodbye))
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.ended(.lost(ConnectionFault.closedWithoutGoodbye))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let end = Self.end(for: error)
        self.ended(end)
        if case .closed(let code, _) = end, !self.hasSentClose {
            self.hasSentClose = true
            self.write(.connectionClose, ByteBuffer(integer: UInt16(code)), context)
        }
        context.close(promise: nil)
    }

    /// Frames that break the protocol or the limits would come again on the next connection: they end it for good.
    private static func end(for error: any Error) -> ConnectionEnd {
        if let error = error as? NIOWebSocketError {
            return error == .invalidFrameLength ? Self.tooLarge : Self.protocolError
        }
        if let error = error as? NIOWebSocketFrameAggregator.Error {
            return error == .accumulatedFrameSizeIsTooLarge ? Self.tooLarge : Self.protocolError
        }
        return .lost(error)
    }

    private static let tooLarge = ConnectionEnd.closed(code: 1009, reason: "a message is larger than this client takes")
    private static let protocolError = ConnectionEnd.closed(
        code: 1002,
        reason: "the relay broke the WebSocket protocol"
    )
}

// MARK: - Frames

extension WebSocketHandler {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = Self.unwrapInboundIn(data)
        self.isSilent = false
        switch frame.opcode {
        case self.format: self.received(frame.unmaskedData)
        case .ping: self.write(.pong, frame.unmaskedData, context)
        case .connectionClose: self.receivedClose(frame.unmaskedData, context)
        default: break
        }
    }

    private func received(_ message: ByteBuffer) {
        guard self.end == nil else { return }
        if let waiter {
            self.waiter = nil
            waiter.succeed(.message(message))
        } else {
            self.queue.append(message)
        }
    }

    private func receivedClose(_ data: ByteBuffer, _ context: ChannelHandlerContext) {
        var data = data
        let answer = data.getSlice(at: data.readerIndex, length: min(2, data.readableBytes)) ?? ByteBuffer()
        let code = data.readInteger(as: UInt16.self).map(Int.init) ?? 1005
        self.ended(.closed(code: code, reason: String(buffer: data)))
        if !self.hasSentClose { self.write(.connectionClose, answer, context) }
        context.close(promise: nil)
    }

    private func ended(_ end: ConnectionEnd) {
        guard self.end == nil else { return }
        self.end = end
        self.waiter?.succeed(.ended(end))
        self.waiter = nil
    }

    private func write(_ opcode: WebSocketOpcode, _ data: ByteBuffer, _ context: ChannelHandlerContext) {
        let frame = WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data)
        context.writeAndFlush(Self.wrapOutboundOut(frame), promise: nil)
    }

    func send(_ message: ByteBuffer, _ promise: EventLoopPromise<Void>) {
        guard let context else { return promise.fail(ChannelError.ioOnClosedChannel) }
        let frame = WebSocketFrame(fin: true, opcode: self.format, maskKey: .random(), data: message)
        context.writeAndFlush(Self.wrapOutboundOut(frame), promise: promise)
    }

    /// Says goodbye and closes without waiting for the answer: nothing more is wanted from this connection.
    func close() {
        guard let context else { return }
        if self.end == nil, !self.hasSentClose {
            self.hasSentClose = true
            self.write(.connectionClose, ByteBuffer(integer: UInt16(1000)), context)
        }
        self.ended(.lost(ConnectionFault.closedWithoutGoodbye))
        context.close(promise: nil)
    }
}

// MARK: - Reading only what can be kept

extension WebSocketHandler {
    func read(context: ChannelHandlerContext) {
        if self.queue.isFull {
            self.hasPendingRead = true
        } else {
            context.read()
        }
    }

    private func resumeReading() {
        guard self.hasPendingRead, !self.queue.isFull, let context else { return }
        self.hasPendingRead = false
        context.read()
    }
}

// MARK: - Signs of life

extension WebSocketHandler {
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is IdleStateHandler.IdleStateEvent else { return context.fireUserInboundEventTriggered(event) }
        // While the queue is full, it is this side that doesn't listen.
        guard !self.queue.isFull else { return }
        if self.isSilent {
            self.ended(.lost(ConnectionFault.silent))
            context.close(promise: nil)
        } else {
            self.isSilent = true
            self.write(.ping, ByteBuffer(), context)
        }
    }
}

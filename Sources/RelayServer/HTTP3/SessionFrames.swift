import NIOCore
import NIOWebSocket
import RelayWire

/// Lets a session of WebTransport be a ``WebSocketConnection``. Where messages say themselves where they end, what comes is a binary one;
/// else it is cut into texts. Of what goes out only the content of messages does. A close frame ends the session with its code and reason. Pings
/// stay here, where QUIC does what they are for.
final class SessionFrames: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = WebSocketFrame
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    /// Masks nothing. Clients' frames have to have one.
    private static let mask = WebSocketMaskingKey([0, 0, 0, 0])

    private let endSession: (_ code: UInt32, _ reason: String) -> Void
    /// Nil where messages say themselves where they end.
    private var texts: MeasuredTexts?

    /// - Parameter endSession: behind all that was written.
    init(_ messages: SessionMessages, endSession: @escaping (_ code: UInt32, _ reason: String) -> Void) {
        self.endSession = endSession
        self.texts =
            switch messages {
            case .unmarked: nil
            case .measuredTexts: MeasuredTexts()
            }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = self.unwrapInboundIn(data)
        guard bytes.readableBytes > 0 else { return }
        guard self.texts != nil else { return self.pass(.binary, bytes, context) }
        self.texts?.add(bytes)
        while let piece = self.texts?.next() {
            self.pass(piece.beginsText ? .text : .continuation, piece.bytes, isLast: piece.endsText, context)
        }
    }

    private func pass(
        _ opcode: WebSocketOpcode,
        _ bytes: ByteBuffer,
        isLast: Bool = true,
        _ context: ChannelHandlerContext
    ) {
        let frame = WebSocketFrame(fin: isLast, opcode: opcode, maskKey: Self.mask, data: bytes)
        context.fireChannelRead(self.wrapInboundOut(frame))
    }

    /// - Parameter data: whole frames, see ``WebSocketConnection/send(_:)``.
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .byteBuffer(var bytes) = self.unwrapOutboundIn(data) else {
            preconditionFailure("the relay sends no files")
        }
        var end: ByteBuffer?
        var content = ByteBuffer()
        while let frame = WebSocketFraming.readUnmasked(&bytes) {
            switch frame.kind {
            case .text, .binary: content.add(frame.payload, measured: self.texts != nil)
            case .close: end = frame.payload
            case .ping: self.answerPing(context)
            case .pong: break
            }
        }
        guard let end else { return context.write(self.wrapOutboundOut(.byteBuffer(content)), promise: promise) }
        context.write(self.wrapOutboundOut(.byteBuffer(content)), promise: nil)
        self.close(end)
        // Whoever waits for it may close the channel at once, which would end the session without its code.
        promise?.succeed()
    }

    /// In the client's place, which has no pongs. What says itself where it ends has pings of its own.
    private func answerPing(_ context: ChannelHandlerContext) {
        guard self.texts != nil else { return }
        context.eventLoop.assumeIsolated().execute { self.pass(.pong, ByteBuffer(), context) }
    }

    private func close(_ payload: ByteBuffer) {
        var payload = payload
        let code = payload.readInteger(as: UInt16.self) ?? 0
        self.endSession(UInt32(code), String(buffer: payload))
    }
}

extension ByteBuffer {
    /// Without a copy where there is nothing yet, and no length goes in front.
    fileprivate mutating func add(_ bytes: ByteBuffer, measured: Bool) {
        if measured { self.writeInteger(UInt32(bytes.readableBytes)) }
        if self.readableBytes == 0 { self = bytes } else { self.writeImmutableBuffer(bytes) }
    }
}

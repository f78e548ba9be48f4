import NIOCore
import NIOWebSocket
import RelayWire

/// Lets a session of WebTransport be a ``WebSocketConnection``, whose messages are all binary: what comes is one, and of what goes out only the
/// content of messages does. A close frame ends the session with its code and reason. Pings stay here, where QUIC does what they are for.
final class SessionFrames: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = WebSocketFrame
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    /// Masks nothing. Clients' frames have to have one.
    private static let mask = WebSocketMaskingKey([0, 0, 0, 0])

    private weak var channel: RequestChannel?

    init(_ channel: RequestChannel) {
        self.channel = channel
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = self.unwrapInboundIn(data)
        guard bytes.readableBytes > 0 else { return }
        let frame = WebSocketFrame(fin: true, opcode: .binary, maskKey: Self.mask, data: bytes)
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
            case .text, .binary: content.add(frame.payload)
            case .close: end = frame.payload
            case .ping, .pong: break
            }
        }
        context.write(self.wrapOutboundOut(.byteBuffer(content)), promise: promise)
        if let end { self.close(end) }
    }

    private func close(_ payload: ByteBuffer) {
        var payload = payload
        let code = payload.readInteger(as: UInt16.self) ?? 0
        self.channel?.endSession(UInt32(code), String(buffer: payload))
    }
}

extension ByteBuffer {
    /// Without a copy where there is nothing yet.
    fileprivate mutating func add(_ bytes: ByteBuffer) {
        if self.readableBytes == 0 { self = bytes } else { self.writeImmutableBuffer(bytes) }
    }
}

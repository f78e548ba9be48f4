import NIOCore

/// One end of a pipe, with the load generator at both: over TCP, or over a WebSocket that carries nothing but bytes.
final class PipeHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    /// An outbound event: write so many bytes, as fast as they are taken.
    struct Send: Sendable {
        var bytes: Int
    }

    /// An outbound event: tell when so many more bytes have come.
    struct Expect: Sendable {
        var bytes: Int
        var done: EventLoopPromise<NIODeadline>
    }

    /// An outbound event: from now on, send back as many bytes as come.
    struct Echo: Sendable {}

    private static let chunkBytes = 64 << 10

    private let chunk: ByteBuffer
    private var frames: PipeFrames
    private var toSend = 0
    private var expected: Expect?
    private var isEcho = false

    /// - Parameter isFramed: whether bytes go in WebSocket frames.
    init(isFramed: Bool) {
        self.frames = PipeFrames(isFramed: isFramed)
        self.chunk = self.frames.outgoing(Self.chunkBytes)
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        switch event {
        case let send as Send:
            self.toSend += send.bytes
            self.send(context)
        case let expect as Expect: self.expected = expect
        case is Echo: self.isEcho = true
        default: return context.triggerUserOutboundEvent(event, promise: promise)
        }
        promise?.succeed()
    }

    private func send(_ context: ChannelHandlerContext) {
        var hasWritten = false
        while self.toSend > 0, context.channel.isWritable {
            let count = min(self.toSend, Self.chunkBytes)
            self.toSend -= count
            let bytes = count == Self.chunkBytes ? self.chunk : self.frames.outgoing(count)
            context.write(self.wrapOutboundOut(bytes), promise: nil)
            hasWritten = true
        }
        if hasWritten { context.flush() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) { self.send(context) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let count = self.frames.receive(self.unwrapInboundIn(data))
        if self.isEcho, count > 0 {
            context.writeAndFlush(self.wrapOutboundOut(self.frames.outgoing(count)), promise: nil)
        }
        guard self.expected != nil else { return }
        self.expected?.bytes -= count
        guard let expected = self.expected, expected.bytes <= 0 else { return }
        self.expected = nil
        expected.done.succeed(.now())
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.expected?.done.fail(LoadError.connectionClosed)
        self.expected = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// Bytes in WebSocket frames, or bare.
struct PipeFrames {
    private let isFramed: Bool
    /// Of the frame that is coming.
    private var missing = 0
    private var head = ByteBuffer()

    init(isFramed: Bool) { self.isFramed = isFramed }

    /// Bytes ready to be written. Those of a frame are masked, as a client's must be; which they are does not matter to anybody.
    func outgoing(_ count: Int) -> ByteBuffer {
        var bytes = ByteBuffer()
        if self.isFramed {
            bytes.writeInteger(UInt8(0x82))
            switch count {
            case ..<126: bytes.writeInteger(0x80 | UInt8(count))
            case ...0xFFFF: bytes.writeMultipleIntegers(UInt8(0xFE), UInt16(count))
            default: bytes.writeMultipleIntegers(UInt8(0xFF), UInt64(count))
            }
            bytes.writeInteger(0x37FA_213D as UInt32)
        }
        bytes.writeRepeatingByte(0x5A, count: count)
        return bytes
    }

    /// - Returns: how many of the pipe's bytes these are.
    mutating func receive(_ bytes: ByteBuffer) -> Int {
        guard self.isFramed else { return bytes.readableBytes }
        var bytes = bytes
        var count = 0
        while bytes.readableBytes > 0 {
            if self.missing == 0 {
                guard self.readHead(&bytes) else { break }
            }
            let here = min(self.missing, bytes.readableBytes)
            bytes.moveReaderIndex(forwardBy: here)
            self.missing -= here
            count += here
        }
        return count
    }

    private mutating func readHead(_ bytes: inout ByteBuffer) -> Bool {
        while let byte: UInt8 = bytes.readInteger() {
            self.head.writeInteger(byte)
            guard let second: UInt8 = self.head.getInteger(at: 1) else { continue }
            let size = second == 126 ? 4 : second == 127 ? 10 : 2
            guard self.head.readableBytes == size else { continue }
            switch size {
            case 4: self.missing = Int(self.head.getInteger(at: 2, as: UInt16.self) ?? 0)
            case 10: self.missing = Int(self.head.getInteger(at: 2, as: UInt64.self) ?? 0)
            default: self.missing = Int(second)
            }
            self.head.clear()
            return true
        }
        return false
    }
}

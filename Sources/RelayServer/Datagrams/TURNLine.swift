import NIOCore
import RelayWire

/// The way to a client of TURN.
enum TURNLine {
    case datagram(DatagramSocket, SocketAddress)
    case stream(any Channel)

    /// A whole message.
    func send(_ message: ByteBuffer) -> Bool {
        switch self {
        case .datagram(let socket, let address):
            return socket.send(message, to: address)
        case .stream(let channel):
            // Datagrams may be lost: what the connection does not take now is not kept for it.
            guard channel.isWritable else { return false }
            channel.writeAndFlush(message, promise: nil)
            return true
        }
    }

    /// Channel data as they travel on a stream.
    static func streamed(_ data: ByteBuffer, channel number: UInt16) -> ByteBuffer {
        let size = data.readableBytes
        let padding = TURNChannelData.padding(size: size)
        var message = ByteBufferAllocator().buffer(capacity: TURNChannelData.headerSize + size + padding)
        TURNChannelData.writeHeader(number: number, size: UInt16(truncatingIfNeeded: size), into: &message)
        message.writeImmutableBuffer(data)
        message.writeRepeatingByte(0, count: padding)
        return message
    }
}

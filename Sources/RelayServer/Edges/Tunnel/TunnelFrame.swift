import NIOCore
import RelayWire

/// Gathers the bytes that one read of a socket brought into one binary frame for the other end.
///
/// They are unmasked into their place behind room for the frame's head, so that each byte is written once.
struct TunnelFrame {
    /// The largest head.
    private static let room = WebSocketFraming.headerSize(payloadSize: .max)

    private var bytes: ByteBuffer?

    /// Bytes of the tunnel that are gathered.
    var count: Int { self.bytes.map { $0.readableBytes - Self.room } ?? 0 }

    mutating func append(_ piece: WebSocketPiece) {
        guard piece.count > 0 else { return }
        var bytes = self.bytes.take() ?? Self.begin(for: piece.count)
        piece.write(into: &bytes)
        self.bytes = bytes
    }

    private static func begin(for count: Int) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.reserveCapacity(self.room + count)
        bytes.writeRepeatingByte(0, count: self.room)
        return bytes
    }

    /// - Returns: a whole frame, ready to be sent, and how many bytes of the tunnel it has; nil where there are none.
    mutating func take() -> (frame: ByteBuffer, count: Int)? {
        let count = self.count
        guard var bytes = self.bytes.take() else { return nil }
        let end = bytes.writerIndex
        let start = Self.room - WebSocketFraming.headerSize(payloadSize: count)
        bytes.moveReaderIndex(to: start)
        bytes.moveWriterIndex(to: start)
        WebSocketFraming.writeHeader(.binary, payloadSize: count, into: &bytes)
        bytes.moveWriterIndex(to: end)
        return (bytes, count)
    }
}

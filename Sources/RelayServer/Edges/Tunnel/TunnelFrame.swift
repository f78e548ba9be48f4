import NIOCore
import RelayWire

/// Gathers the bytes that one read of a socket brought into one binary frame for the other end.
///
/// They are unmasked into their place behind room for the frame's head, so that each byte is written once. Where the relay is the other
/// socket's client, they are masked again in the same pass.
struct TunnelFrame {
    /// The largest head.
    private static let room = WebSocketFraming.headerSize(payloadSize: .max) + WebSocketFraming.maskingKeySize

    /// The relay's, at the other end's socket.
    private let role: WebSocketRole
    private var bytes: ByteBuffer?
    private var key: UInt32?

    init(by role: WebSocketRole = .server) {
        self.role = role
    }

    /// Bytes of the tunnel that are gathered.
    var count: Int { self.bytes.map { $0.readableBytes - Self.room } ?? 0 }

    mutating func append(_ piece: WebSocketPiece) {
        guard piece.count > 0 else { return }
        var bytes: ByteBuffer
        if let begun = self.bytes.take() {
            bytes = begun
        } else {
            bytes = Self.begin(for: piece.count)
            self.key = self.role.maskingKey
        }
        let place = bytes.readableBytes - Self.room
        piece.write(into: &bytes, maskedBy: self.key.map { Self.turned($0, by: place) } ?? 0)
        self.bytes = bytes
    }

    /// The key for what comes behind so many bytes.
    private static func turned(_ key: UInt32, by count: Int) -> UInt32 {
        let bits = UInt32(count % 4) * 8
        return bits == 0 ? key : key << bits | key >> (32 - bits)
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
        let keySize = self.key == nil ? 0 : WebSocketFraming.maskingKeySize
        let start = Self.room - keySize - WebSocketFraming.headerSize(payloadSize: count)
        bytes.moveReaderIndex(to: start)
        bytes.moveWriterIndex(to: start)
        WebSocketFraming.writeHeader(.binary, payloadSize: count, maskedBy: self.key, into: &bytes)
        bytes.moveWriterIndex(to: end)
        return (bytes, count)
    }

    /// A message without bytes.
    func end() -> ByteBuffer {
        var frame = ByteBuffer()
        WebSocketFraming.write(.binary, ByteBuffer(), maskedBy: self.role.maskingKey, into: &frame)
        return frame
    }
}

import NIOCore
import NIOWebSocket
import RelayWire

/// A part of a message's bytes as the socket brought them, still masked: whoever gets it unmasks it into the place where it wants it.
struct WebSocketPiece: Equatable {
    private let masked: ByteBuffer
    /// As on the wire, turned so that its first byte is for the first of these.
    private let key: UInt32

    /// - Parameter key: nil for bytes that are not masked.
    init(_ masked: ByteBuffer, key: WebSocketMaskingKey?) {
        self.masked = masked
        self.key = key.map { $0.reduce(0) { $0 << 8 | UInt32($1) } } ?? 0
    }

    var count: Int { self.masked.readableBytes }

    /// Writes the bytes as the client meant them.
    func write(into buffer: inout ByteBuffer) { buffer.writeUnmasked(self.masked, key: self.key) }
}

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

    /// Writes the bytes as their sender meant them, or masked anew in the same pass.
    ///
    /// - Parameter key: on the wire's order, its first byte for the first of these; 0 for none.
    func write(into buffer: inout ByteBuffer, maskedBy key: UInt32 = 0) {
        buffer.writeUnmasked(self.masked, key: self.key ^ key)
    }
}

import NIOCore

/// A WebSocket frame as a server sends it: not masked.
struct ServerFrame {
    enum Opcode: UInt8 {
        case text = 1
        case binary = 2
        case close = 8
        case ping = 9
        case pong = 10
    }

    /// nil for continuation frames and opcodes without a meaning.
    var opcode: Opcode?
    var payload: ByteBuffer

    /// - Returns: nil, with nothing consumed, while the frame isn't there whole.
    static func read(from bytes: inout ByteBuffer) -> ServerFrame? {
        let start = bytes.readerIndex
        guard let first = bytes.getInteger(at: start, as: UInt8.self),
            let size = Self.payloadSize(in: bytes),
            bytes.readableBytes - size.headerBytes >= size.payloadBytes
        else { return nil }
        bytes.moveReaderIndex(forwardBy: size.headerBytes)
        guard let payload = bytes.readSlice(length: size.payloadBytes) else { return nil }
        return ServerFrame(opcode: Opcode(rawValue: first & 0x0F), payload: payload)
    }

    private static func payloadSize(in bytes: ByteBuffer) -> (headerBytes: Int, payloadBytes: Int)? {
        guard let second = bytes.getInteger(at: bytes.readerIndex + 1, as: UInt8.self) else { return nil }
        let extended = bytes.readerIndex + 2
        switch second & 0x7F {
        case 127:
            return bytes.getInteger(at: extended, as: UInt64.self).map { (10, Int(clamping: $0)) }
        case 126:
            return bytes.getInteger(at: extended, as: UInt16.self).map { (4, Int($0)) }
        case let short:
            return (2, Int(short))
        }
    }
}

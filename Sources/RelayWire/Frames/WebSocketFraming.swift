public import NIOCore

/// How a server frames what it sends over a WebSocket (RFC 6455): whole messages, never masked, never in parts.
///
/// Frames may be written one after another into one buffer.
public enum WebSocketFraming {
    public enum Kind: UInt8, Sendable {
        case text = 0x1
        case binary = 0x2
        case close = 0x8
        case ping = 0x9
        case pong = 0xA
    }

    /// Of a close, a ping or a pong. In bytes.
    public static let maximumControlSize = 125

    /// How many bytes come before a payload of this size.
    public static func headerSize(payloadSize: Int) -> Int {
        switch payloadSize {
        case ...125: 2
        case ...0xFFFF: 4
        default: 10
        }
    }

    /// Exactly `payloadSize` bytes of payload must be written next. A control frame takes at most
    /// ``maximumControlSize``.
    public static func writeHeader(_ kind: Kind, payloadSize: Int, into buffer: inout ByteBuffer) {
        let first = 0x80 | kind.rawValue
        switch payloadSize {
        case ...125:
            buffer.writeMultipleIntegers(first, UInt8(truncatingIfNeeded: payloadSize))
        case ...0xFFFF:
            buffer.writeMultipleIntegers(first, UInt8(126), UInt16(truncatingIfNeeded: payloadSize))
        default:
            buffer.writeMultipleIntegers(first, UInt8(127), UInt64(payloadSize))
        }
    }

    /// What is beyond ``maximumControlSize`` of a ping's or a pong's payload is left out.
    public static func write(_ kind: Kind, _ payload: ByteBuffer, into buffer: inout ByteBuffer) {
        var payload = payload
        switch kind {
        case .text, .binary: break
        case .close, .ping, .pong:
            payload =
                payload.getSlice(
                    at: payload.readerIndex,
                    length: min(payload.readableBytes, self.maximumControlSize)
                ) ?? payload
        }
        self.writeHeader(kind, payloadSize: payload.readableBytes, into: &buffer)
        buffer.writeImmutableBuffer(payload)
    }

    /// - Parameter reason: what doesn't fit is left out, in whole characters.
    public static func writeClose(code: UInt16, reason: String, into buffer: inout ByteBuffer) {
        var kept = reason[...]
        while kept.utf8.count > self.maximumControlSize - 2 { kept.unicodeScalars.removeLast() }
        self.writeHeader(.close, payloadSize: 2 + kept.utf8.count, into: &buffer)
        buffer.writeInteger(code)
        buffer.writeSubstring(kept)
    }
}

extension ServerFrame {
    /// In bytes, exactly, with the WebSocket header.
    public var framedSize: Int {
        let size = self.size
        return WebSocketFraming.headerSize(payloadSize: size) + size
    }

    /// Writes a whole WebSocket text frame, growing the buffer at most once.
    public func writeFramed(into buffer: inout ByteBuffer) {
        let size = self.size
        buffer.reserveCapacity(minimumWritableBytes: WebSocketFraming.headerSize(payloadSize: size) + size)
        WebSocketFraming.writeHeader(.text, payloadSize: size, into: &buffer)
        self.write(into: &buffer, size: size)
    }
}

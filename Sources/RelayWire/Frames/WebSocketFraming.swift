public import NIOCore

/// How whole messages are framed that are sent over a WebSocket (RFC 6455), never in parts. A server's frames are not masked, a client's are:
/// with a key, which the caller applies to a payload that it writes itself.
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

    /// Of a client's frame, behind the header that a server's would have.
    public static let maskingKeySize = 4

    /// How many bytes come before a payload of this size, without a key.
    public static func headerSize(payloadSize: Int) -> Int {
        switch payloadSize {
        case ...125: 2
        case ...0xFFFF: 4
        default: 10
        }
    }

    /// Exactly `payloadSize` bytes of payload must be written next. A control frame takes at most
    /// ``maximumControlSize``.
    ///
    /// - Parameter key: by which the payload will be masked; nil for none, as of a server.
    public static func writeHeader(
        _ kind: Kind,
        payloadSize: Int,
        maskedBy key: UInt32? = nil,
        into buffer: inout ByteBuffer
    ) {
        let first = 0x80 | kind.rawValue
        let mask: UInt8 = key == nil ? 0 : 0x80
        switch payloadSize {
        case ...125:
            buffer.writeMultipleIntegers(first, mask | UInt8(truncatingIfNeeded: payloadSize))
        case ...0xFFFF:
            buffer.writeMultipleIntegers(first, mask | 126, UInt16(truncatingIfNeeded: payloadSize))
        default:
            buffer.writeMultipleIntegers(first, mask | 127, UInt64(payloadSize))
        }
        if let key { buffer.writeInteger(key) }
    }

    /// What is beyond ``maximumControlSize`` of a ping's or a pong's payload is left out.
    ///
    /// - Parameter key: masks the payload; nil for none, as of a server.
    public static func write(
        _ kind: Kind,
        _ payload: ByteBuffer,
        maskedBy key: UInt32? = nil,
        into buffer: inout ByteBuffer
    ) {
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
        self.writeHeader(kind, payloadSize: payload.readableBytes, maskedBy: key, into: &buffer)
        if let key { buffer.writeUnmasked(payload, key: key) } else { buffer.writeImmutableBuffer(payload) }
    }

    /// - Parameters:
    ///   - reason: what doesn't fit is left out, in whole characters.
    ///   - key: masks code and reason; nil for none, as of a server.
    public static func writeClose(
        code: UInt16,
        reason: String,
        maskedBy key: UInt32? = nil,
        into buffer: inout ByteBuffer
    ) {
        var kept = reason[...]
        while kept.utf8.count > self.maximumControlSize - 2 { kept.unicodeScalars.removeLast() }
        var payload = ByteBuffer(integer: code)
        payload.writeSubstring(kept)
        self.write(.close, payload, maskedBy: key, into: &buffer)
    }

    /// Takes the next frame of those that a server has written, whole.
    ///
    /// - Returns: nil where there is none any more.
    public static func readUnmasked(_ buffer: inout ByteBuffer) -> (kind: Kind, payload: ByteBuffer)? {
        guard let first = buffer.readInteger(as: UInt8.self), let kind = Kind(rawValue: first & 0x0F),
            let second = buffer.readInteger(as: UInt8.self)
        else { return nil }
        let size: Int? =
            switch second {
            case 126: buffer.readInteger(as: UInt16.self).map { Int($0) }
            case 127: buffer.readInteger(as: UInt64.self).flatMap { Int(exactly: $0) }
            default: Int(second)
            }
        return size.flatMap { buffer.readSlice(length: $0) }.map { (kind, $0) }
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

import NIOCore
import RelayWire

/// The kinds of frames of HTTP/3 (RFC 9114 section 7.2). Others may come anywhere, and are passed over.
public enum HTTP3FrameKind {
    public static let data: UInt64 = 0x00
    public static let headers: UInt64 = 0x01
    public static let cancelPush: UInt64 = 0x03
    public static let settings: UInt64 = 0x04
    public static let pushPromise: UInt64 = 0x05
    public static let goAway: UInt64 = 0x07
    public static let maxPushID: UInt64 = 0x0D
    /// No frame: begins a stream of a WebTransport session, whose id stands in the place of a length.
    public static let webTransportStream: UInt64 = 0x41

    /// Whether HTTP/2 had a frame of this number, which HTTP/3 has not (RFC 9114 section 7.2.8).
    static func isForbidden(_ kind: UInt64) -> Bool { [0x02, 0x06, 0x08, 0x09].contains(kind) }

    /// Whether only control streams have such frames.
    static func isOfControl(_ kind: UInt64) -> Bool {
        [self.cancelPush, self.settings, self.goAway, self.maxPushID].contains(kind)
    }
}

extension ByteBuffer {
    /// Writes what a frame begins with.
    ///
    /// - Parameter length: of its payload, bytes.
    mutating func writeHTTP3FrameHeader(_ kind: UInt64, length: Int) {
        self.writeQUICVarint(kind)
        self.writeQUICVarint(UInt64(length))
    }
}

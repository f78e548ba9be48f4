import NIOCore

/// The moment of sending, carried in a message's payload: `@` and 20 digits, nanoseconds of this machine's uptime clock.
enum LatencyStamp {
    private static let mark = UInt8(ascii: "@")
    private static let digits = 20

    static func now() -> String {
        let digits = String(NIODeadline.now().uptimeNanoseconds)
        return "@" + String(repeating: "0", count: Self.digits - digits.count) + digits
    }

    /// - Returns: nanoseconds since the stamp in the message was made; nil when there is none.
    static func age(in message: ByteBuffer) -> Int64? {
        let bytes = message.readableBytesUInt8Span
        guard let mark = bytes.indices.first(where: { bytes[$0] == Self.mark }), mark + Self.digits < bytes.count else {
            return nil
        }
        var sent: UInt64 = 0
        for index in (mark + 1)...(mark + Self.digits) {
            guard case 48...57 = bytes[index] else { return nil }
            sent = sent &* 10 &+ UInt64(bytes[index] - 48)
        }
        return Int64(clamping: NIODeadline.now().uptimeNanoseconds) - Int64(clamping: sent)
    }
}

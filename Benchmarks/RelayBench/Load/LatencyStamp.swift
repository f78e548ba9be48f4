import NIOCore

/// The moment of sending, carried in a message's payload: `@` and 20 digits, nanoseconds of this machine's uptime clock.
enum LatencyStamp {
    private static let mark = UInt8(ascii: "@")
    private static let digits = 20

    static func now() -> String {
        let digits = String(NIODeadline.now().uptimeNanoseconds)
        return "@" + String(repeating: "0", count: Self.digits - digits.count) + digits
    }

    /// - Returns: nanoseconds since the first stamp in the message was made; nil when there is none.
    static func age(in message: ByteBuffer) -> Int64? { Self.ages(in: message, atMost: 1).first }

    /// - Returns: nanoseconds since each of the stamps in the message was made.
    static func ages(in message: ByteBuffer, atMost limit: Int = .max) -> [Int64] {
        let bytes = message.readableBytesUInt8Span
        let now = Int64(clamping: NIODeadline.now().uptimeNanoseconds)
        var ages: [Int64] = []
        var index = 0
        while index + Self.digits < bytes.count, ages.count < limit {
            if bytes[index] == Self.mark, let sent = Self.number(bytes, from: index + 1) {
                ages.append(now - sent)
                index += Self.digits
            }
            index += 1
        }
        return ages
    }

    private static func number(_ bytes: Span<UInt8>, from start: Int) -> Int64? {
        var number: UInt64 = 0
        for index in start..<start + Self.digits {
            guard case 48...57 = bytes[index] else { return nil }
            number = number &* 10 &+ UInt64(bytes[index] - 48)
        }
        return Int64(clamping: number)
    }
}

public import NIOCore

extension Timestamp {
    /// How many bytes its text takes, always.
    public static let textSize = 27
}

extension Timestamp: CustomStringConvertible {
    /// `YYYY-MM-DDTHH:MM:SS.ffffffZ` (RFC 3339, UTC). Years outside 0 to 9999 show as the nearest moment inside.
    public var description: String {
        var buffer = ByteBuffer()
        buffer.writeTimestamp(self)
        return String(buffer: buffer)
    }
}

extension ByteBuffer {
    /// Writes ``Timestamp/description`` without making a string.
    public mutating func writeTimestamp(_ moment: Timestamp) {
        self.writeWithOutputRawSpan(minimumWritableBytes: Timestamp.textSize) { $0.append(moment) }
    }
}

extension OutputRawSpan {
    mutating func append(_ moment: Timestamp) {
        let time = CivilTime(moment)
        let hundredths = time.microsecond / 100
        // YYYY-MM-
        self.append(
            bigEndian: Self.pair(time.year / 100, time.year % 100) << 32
                | Self.mark("-") << 24 | Self.pair(time.month) << 8 | Self.mark("-")
        )
        // DDTHH:MM
        self.append(
            bigEndian: Self.pair(time.day) << 48 | Self.mark("T") << 40
                | Self.pair(time.hour) << 24 | Self.mark(":") << 16 | Self.pair(time.minute)
        )
        // :SS.ffff
        self.append(
            bigEndian: Self.mark(":") << 56 | Self.pair(time.second) << 40 | Self.mark(".") << 32
                | Self.pair(hundredths / 100, hundredths % 100)
        )
        // ff
        self.append(bigEndian: UInt16(truncatingIfNeeded: Self.pair(time.microsecond % 100)))
        self.append(UInt8(ascii: "Z"))
    }

    private static func mark(_ character: Unicode.Scalar) -> UInt64 {
        UInt64(UInt8(ascii: character))
    }

    /// Two ASCII digits, the first in the higher byte.
    private static func pair(_ number: UInt64) -> UInt64 {
        (number / 10 + 0x30) << 8 | (number % 10 + 0x30)
    }

    private static func pair(_ upper: UInt64, _ lower: UInt64) -> UInt64 {
        Self.pair(upper) << 16 | Self.pair(lower)
    }
}

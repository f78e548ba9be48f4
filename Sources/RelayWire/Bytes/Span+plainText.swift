extension Span<UInt8> {
    /// The end of the run of plain bytes: those that a JSON string may hold as they are, and that can be judged one
    /// by one. A quote, a backslash, a control character, or part of a longer scalar ends the run.
    ///
    /// Looks at eight bytes at a time.
    func endOfPlainText(from start: Int) -> Int {
        var offset = start
        while offset + 8 <= self.count {
            let stops = Self.stops(in: self.word(at: offset))
            guard stops == 0 else { return offset + stops.trailingZeroBitCount / 8 }
            offset += 8
        }
        while offset < self.count {
            switch self[offset] {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), ..<0x20, 0x80...: return offset
            default: offset += 1
            }
        }
        return offset
    }

    /// The high bit of each byte that ends a run of plain text. Bits above the lowest one set mean nothing.
    @inline(__always)
    private static func stops(in word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highBits = ones << 7
        let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let zeroQuotes = (quotes &- ones) & ~quotes
        let zeroBackslashes = (backslashes &- ones) & ~backslashes
        let controls = (word &- ones &* 0x20) & ~word
        return (zeroQuotes | zeroBackslashes | controls | word) & highBits
    }
}

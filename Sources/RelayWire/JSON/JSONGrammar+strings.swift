extension JSONGrammar {
    /// - Parameter start: of the opening quote.
    /// - Returns: the offset after the closing quote, and whether a backslash lies between.
    static func string(_ bytes: Span<UInt8>, at start: Int) throws(JSONError) -> (end: Int, hasEscapes: Bool) {
        var offset = start + 1
        var hasEscapes = false
        while true {
            offset = bytes.endOfPlainText(from: offset)
            guard offset < bytes.count else { throw JSONError("Unterminated string", at: start) }
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                return (offset + 1, hasEscapes)
            case UInt8(ascii: "\\"):
                offset = try self.escape(bytes, at: offset)
                hasEscapes = true
            case ..<0x20:
                throw JSONError("Invalid control character in string", at: offset)
            default:
                offset = try self.scalar(bytes, at: offset)
            }
        }
    }

    /// A half of a surrogate pair is refused: some parsers refuse the whole text for it, others make text of it that can't be written.
    private static func escape(_ bytes: Span<UInt8>, at start: Int) throws(JSONError) -> Int {
        guard start + 1 < bytes.count else { throw JSONError("Unterminated string", at: start) }
        switch bytes[start + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return start + 2
        case UInt8(ascii: "u"):
            guard let unit = self.codeUnit(bytes, at: start + 2) else {
                throw JSONError("Invalid \\u escape", at: start)
            }
            guard unit & 0xF800 == 0xD800 else { return start + 6 }
            guard UTF16.isLeadSurrogate(unit), bytes.holds("\\u", at: start + 6),
                let trail = self.codeUnit(bytes, at: start + 8), UTF16.isTrailSurrogate(trail)
            else { throw JSONError("Half of a surrogate pair", at: start) }
            return start + 12
        default:
            throw JSONError("Invalid escape", at: start)
        }
    }

    /// The four hex digits of a `\u` escape.
    static func codeUnit(_ bytes: Span<UInt8>, at start: Int) -> UInt16? {
        guard start + 4 <= bytes.count else { return nil }
        var unit: UInt16 = 0
        for offset in start..<start + 4 {
            let byte = bytes[offset]
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): unit = unit << 4 | UInt16(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): unit = unit << 4 | UInt16(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): unit = unit << 4 | UInt16(byte - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return unit
    }

    /// One scalar of two to four bytes, by the table of well-formed sequences in Unicode 3.9 (table 3-7).
    private static func scalar(_ bytes: Span<UInt8>, at start: Int) throws(JSONError) -> Int {
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch bytes[start] {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: length = 4
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: throw JSONError("Invalid UTF-8", at: start)
        }
        guard start + length <= bytes.count, second.contains(bytes[start + 1]) else {
            throw JSONError("Invalid UTF-8", at: start)
        }
        for offset in start + 2..<start + length where bytes[offset] & 0xC0 != 0x80 {
            throw JSONError("Invalid UTF-8", at: start)
        }
        return start + length
    }
}

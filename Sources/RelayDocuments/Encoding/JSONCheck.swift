/// Checks that text is JSON (RFC 8259), as JavaScript's `JSON.parse` does: every reader of the document would throw at anything else.
///
/// The text was checked to be UTF-8 before.
enum JSONCheck {
    /// - Throws: `invalidJSON`; `nestingTooDeep` beyond ``DocumentLimits/maxNesting``.
    static func check(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(DocumentError) {
        var offset = range.lowerBound
        try self.value(bytes, &offset, range.upperBound, depth: 0)
        guard offset == range.upperBound else { throw .invalidJSON }
    }

    /// Whether it is `null`, with white space around or without.
    static func isNull(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var offset = range.lowerBound
        self.space(bytes, &offset, range.upperBound)
        guard (try? self.word("null", bytes, &offset, range.upperBound)) != nil else { return false }
        self.space(bytes, &offset, range.upperBound)
        return offset == range.upperBound
    }

    private static func value(
        _ bytes: Span<UInt8>,
        _ offset: inout Int,
        _ end: Int,
        depth: Int
    ) throws(DocumentError) {
        self.space(bytes, &offset, end)
        guard offset < end else { throw .invalidJSON }
        switch bytes.loadByte(offset) {
        case UInt8(ascii: "{"): try self.members(bytes, &offset, end, depth: depth + 1)
        case UInt8(ascii: "["): try self.elements(bytes, &offset, end, depth: depth + 1)
        case UInt8(ascii: "\""): try self.string(bytes, &offset, end)
        case UInt8(ascii: "t"): try self.word("true", bytes, &offset, end)
        case UInt8(ascii: "f"): try self.word("false", bytes, &offset, end)
        case UInt8(ascii: "n"): try self.word("null", bytes, &offset, end)
        default: try self.number(bytes, &offset, end)
        }
        self.space(bytes, &offset, end)
    }

    private static func elements(
        _ bytes: Span<UInt8>,
        _ offset: inout Int,
        _ end: Int,
        depth: Int
    ) throws(DocumentError) {
        guard depth <= DocumentLimits.maxNesting else { throw .nestingTooDeep }
        offset += 1
        self.space(bytes, &offset, end)
        if self.take(UInt8(ascii: "]"), bytes, &offset, end) { return }
        repeat {
            try self.value(bytes, &offset, end, depth: depth)
        } while self.take(UInt8(ascii: ","), bytes, &offset, end)
        guard self.take(UInt8(ascii: "]"), bytes, &offset, end) else { throw .invalidJSON }
    }

    private static func members(
        _ bytes: Span<UInt8>,
        _ offset: inout Int,
        _ end: Int,
        depth: Int
    ) throws(DocumentError) {
        guard depth <= DocumentLimits.maxNesting else { throw .nestingTooDeep }
        offset += 1
        self.space(bytes, &offset, end)
        if self.take(UInt8(ascii: "}"), bytes, &offset, end) { return }
        repeat {
            self.space(bytes, &offset, end)
            guard offset < end, bytes.loadByte(offset) == UInt8(ascii: "\"") else { throw .invalidJSON }
            try self.string(bytes, &offset, end)
            self.space(bytes, &offset, end)
            guard self.take(UInt8(ascii: ":"), bytes, &offset, end) else { throw .invalidJSON }
            try self.value(bytes, &offset, end, depth: depth)
        } while self.take(UInt8(ascii: ","), bytes, &offset, end)
        guard self.take(UInt8(ascii: "}"), bytes, &offset, end) else { throw .invalidJSON }
    }

    private static func string(_ bytes: Span<UInt8>, _ offset: inout Int, _ end: Int) throws(DocumentError) {
        offset += 1
        while offset < end {
            let byte = bytes.loadByte(offset)
            offset += 1
            switch byte {
            case UInt8(ascii: "\""): return
            case UInt8(ascii: "\\"): try self.escape(bytes, &offset, end)
            case ..<0x20: throw .invalidJSON
            default: continue
            }
        }
        throw .invalidJSON
    }

    private static func escape(_ bytes: Span<UInt8>, _ offset: inout Int, _ end: Int) throws(DocumentError) {
        guard offset < end else { throw .invalidJSON }
        let byte = bytes.loadByte(offset)
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return
        case UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"): return
        case UInt8(ascii: "u"):
            guard offset + 4 <= end else { throw .invalidJSON }
            for place in offset..<offset + 4 {
                guard self.isHexDigit(bytes.loadByte(place)) else { throw .invalidJSON }
            }
            offset += 4
        default: throw .invalidJSON
        }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): true
        default: false
        }
    }

    private static func number(_ bytes: Span<UInt8>, _ offset: inout Int, _ end: Int) throws(DocumentError) {
        _ = self.take(UInt8(ascii: "-"), bytes, &offset, end)
        if !self.take(UInt8(ascii: "0"), bytes, &offset, end) {
            guard self.digits(bytes, &offset, end) > 0 else { throw .invalidJSON }
        }
        if self.take(UInt8(ascii: "."), bytes, &offset, end) {
            guard self.digits(bytes, &offset, end) > 0 else { throw .invalidJSON }
        }
        guard offset < end, bytes.loadByte(offset) | 0x20 == UInt8(ascii: "e") else { return }
        offset += 1
        if !self.take(UInt8(ascii: "+"), bytes, &offset, end) { _ = self.take(UInt8(ascii: "-"), bytes, &offset, end) }
        guard self.digits(bytes, &offset, end) > 0 else { throw .invalidJSON }
    }

    private static func digits(_ bytes: Span<UInt8>, _ offset: inout Int, _ end: Int) -> Int {
        let start = offset
        while offset < end, UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes.loadByte(offset) { offset += 1 }
        return offset - start
    }

    private static func word(
        _ word: String,
        _ bytes: Span<UInt8>,
        _ offset: inout Int,
        _ end: Int
    ) throws(DocumentError) {
        for byte in word.utf8 {
            guard self.take(byte, bytes, &offset, end) else { throw .invalidJSON }
        }
    }

    private static func take(_ byte: UInt8, _ bytes: Span<UInt8>, _ offset: inout Int, _ end: Int) -> Bool {
        guard offset < end, bytes.loadByte(offset) == byte else { return false }
        offset += 1
        return true
    }

    private static func space(_ bytes: Span<UInt8>, _ offset: inout Int, _ end: Int) {
        while offset < end {
            switch bytes.loadByte(offset) {
            case 0x20, 0x09, 0x0A, 0x0D: offset += 1
            default: return
            }
        }
    }
}

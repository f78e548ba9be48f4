/// Checks that text is JSON (RFC 8259), as JavaScript's `JSON.parse` does: every reader of the document would throw at anything else.
///
/// The text was checked to be UTF-8 before.
struct JSONCheck {
    private var offset = 0

    /// - Throws: `invalidJSON`; `nestingTooDeep` beyond ``DocumentLimits/maxNesting``.
    static func check(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(DocumentError) {
        let text = bytes.extracting(range)
        var check = JSONCheck()
        try check.value(text, depth: 0)
        guard check.offset == text.count else { throw .invalidJSON }
    }

    /// Whether it is `null`, with white space around or without.
    static func isNull(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        let text = bytes.extracting(range)
        var check = JSONCheck()
        check.space(text)
        guard (try? check.word("null", text)) != nil else { return false }
        check.space(text)
        return check.offset == text.count
    }

    /// With white space around.
    private mutating func value(_ text: Span<UInt8>, depth: Int) throws(DocumentError) {
        self.space(text)
        guard self.offset < text.count else { throw .invalidJSON }
        switch text.loadByte(self.offset) {
        case UInt8(ascii: "{"): try self.list(text, until: UInt8(ascii: "}"), hasNames: true, depth: depth + 1)
        case UInt8(ascii: "["): try self.list(text, until: UInt8(ascii: "]"), hasNames: false, depth: depth + 1)
        case UInt8(ascii: "\""): try self.string(text)
        case UInt8(ascii: "t"): try self.word("true", text)
        case UInt8(ascii: "f"): try self.word("false", text)
        case UInt8(ascii: "n"): try self.word("null", text)
        default: try self.number(text)
        }
        self.space(text)
    }

    private mutating func list(
        _ text: Span<UInt8>,
        until close: UInt8,
        hasNames: Bool,
        depth: Int
    ) throws(DocumentError) {
        guard depth <= DocumentLimits.maxNesting else { throw .nestingTooDeep }
        self.offset += 1
        self.space(text)
        if self.take(close, text) { return }
        repeat {
            if hasNames { try self.name(text) }
            try self.value(text, depth: depth)
        } while self.take(UInt8(ascii: ","), text)
        guard self.take(close, text) else { throw .invalidJSON }
    }

    /// With its colon.
    private mutating func name(_ text: Span<UInt8>) throws(DocumentError) {
        self.space(text)
        guard self.offset < text.count, text.loadByte(self.offset) == UInt8(ascii: "\"") else { throw .invalidJSON }
        try self.string(text)
        self.space(text)
        guard self.take(UInt8(ascii: ":"), text) else { throw .invalidJSON }
    }

    private mutating func string(_ text: Span<UInt8>) throws(DocumentError) {
        self.offset += 1
        while true {
            switch try self.next(text) {
            case UInt8(ascii: "\""): return
            case UInt8(ascii: "\\"): try self.escape(text)
            case ..<0x20: throw .invalidJSON
            default: continue
            }
        }
    }

    private mutating func escape(_ text: Span<UInt8>) throws(DocumentError) {
        switch try self.next(text) {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return
        case UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"): return
        case UInt8(ascii: "u"):
            for _ in 0..<4 {
                guard Self.isHexDigit(try self.next(text)) else { throw .invalidJSON }
            }
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

    private mutating func number(_ text: Span<UInt8>) throws(DocumentError) {
        _ = self.take(UInt8(ascii: "-"), text)
        if !self.take(UInt8(ascii: "0"), text) { try self.digits(text) }
        if self.take(UInt8(ascii: "."), text) { try self.digits(text) }
        guard self.take(UInt8(ascii: "e"), text) || self.take(UInt8(ascii: "E"), text) else { return }
        if !self.take(UInt8(ascii: "+"), text) { _ = self.take(UInt8(ascii: "-"), text) }
        try self.digits(text)
    }

    private mutating func digits(_ text: Span<UInt8>) throws(DocumentError) {
        let start = self.offset
        while self.offset < text.count, UInt8(ascii: "0")...UInt8(ascii: "9") ~= text.loadByte(self.offset) {
            self.offset += 1
        }
        guard self.offset > start else { throw .invalidJSON }
    }

    private mutating func word(_ word: String, _ text: Span<UInt8>) throws(DocumentError) {
        for byte in word.utf8 {
            guard self.take(byte, text) else { throw .invalidJSON }
        }
    }

    // MARK: Bytes

    private mutating func next(_ text: Span<UInt8>) throws(DocumentError) -> UInt8 {
        guard self.offset < text.count else { throw .invalidJSON }
        defer { self.offset += 1 }
        return text.loadByte(self.offset)
    }

    private mutating func take(_ byte: UInt8, _ text: Span<UInt8>) -> Bool {
        guard self.offset < text.count, text.loadByte(self.offset) == byte else { return false }
        self.offset += 1
        return true
    }

    private mutating func space(_ text: Span<UInt8>) {
        while self.offset < text.count {
            switch text.loadByte(self.offset) {
            case 0x20, 0x09, 0x0A, 0x0D: self.offset += 1
            default: return
            }
        }
    }
}

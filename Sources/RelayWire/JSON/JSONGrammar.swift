/// The tokens of RFC 8259 over plain bytes: each function checks one token and returns the offset after it.
///
/// Nothing here allocates, recurses or decodes.
enum JSONGrammar {
    static func skipBlanks(_ bytes: Span<UInt8>, from start: Int) -> Int {
        var offset = start
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): offset += 1
            default: return offset
            }
        }
        return offset
    }

    /// - Parameter offset: of the value's first byte.
    static func kind(_ bytes: Span<UInt8>, at offset: Int) throws(JSONError) -> JSONKind {
        guard offset < bytes.count else { throw JSONError("Expecting value", at: offset) }
        switch bytes[offset] {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
        case UInt8(ascii: "n"): return .null
        default: throw JSONError("Expecting value", at: offset)
        }
    }

    /// `true`, `false` or `null`.
    static func word(_ bytes: Span<UInt8>, at start: Int) throws(JSONError) -> Int {
        let word: StaticString =
            switch bytes[start] {
            case UInt8(ascii: "t"): "true"
            case UInt8(ascii: "f"): "false"
            default: "null"
            }
        guard bytes.holds(word, at: start) else { throw JSONError("Expecting value", at: start) }
        return start + word.utf8CodeUnitCount
    }

    /// At least one digit.
    static func digits(_ bytes: Span<UInt8>, from start: Int) throws(JSONError) -> Int {
        var offset = start
        while offset < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[offset]) { offset += 1 }
        guard offset > start else { throw JSONError("Expecting digit", at: start) }
        return offset
    }
}

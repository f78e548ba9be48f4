/// Reads one JSON document (RFC 8259) from bytes that a peer sent.
struct JSONParser {
    /// Deeper nesting is refused: it would be paid for in stack.
    static let maxDepth = 512

    private let bytes: [UInt8]
    private var index = 0
    private var depth = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// - Throws: ``JSONDocumentError`` where the bytes are not exactly one document.
    static func parse(_ bytes: some Sequence<UInt8>) throws(JSONDocumentError) -> JSONDocument {
        var parser = JSONParser(Array(bytes))
        let value = try parser.value()
        parser.skipBlanks()
        guard parser.index == parser.bytes.count else { throw parser.error("unexpected text after the value") }
        return value
    }

    private mutating func value() throws(JSONDocumentError) -> JSONDocument {
        self.skipBlanks()
        switch self.peek {
        case UInt8(ascii: "{"): return try self.nested { parser throws(JSONDocumentError) in try parser.object() }
        case UInt8(ascii: "["): return try self.nested { parser throws(JSONDocumentError) in try parser.array() }
        case UInt8(ascii: "\""): return .string(try self.string())
        case UInt8(ascii: "t"): return try self.word("true", .bool(true))
        case UInt8(ascii: "f"): return try self.word("false", .bool(false))
        case UInt8(ascii: "n"): return try self.word("null", .null)
        case nil: throw self.error("unexpected end")
        default: return .number(try self.number())
        }
    }

    private mutating func nested(
        _ body: (inout JSONParser) throws(JSONDocumentError) -> JSONDocument
    ) throws(JSONDocumentError) -> JSONDocument {
        guard self.depth < Self.maxDepth else { throw self.error("nested too deeply") }
        self.depth += 1
        defer { self.depth -= 1 }
        self.index += 1
        return try body(&self)
    }

    private mutating func object() throws(JSONDocumentError) -> JSONDocument {
        var members: [JSONObject.Member] = []
        if self.take("}") { return .object(JSONObject()) }
        repeat {
            self.skipBlanks()
            guard self.peek == UInt8(ascii: "\"") else { throw self.error("expected a member name") }
            let key = try self.string()
            guard self.take(":") else { throw self.error("expected a colon") }
            members.append(JSONObject.Member(key: key, value: try self.value()))
        } while self.take(",")
        guard self.take("}") else { throw self.error("expected a comma or a closing brace") }
        return .object(JSONObject(members: members))
    }

    private mutating func array() throws(JSONDocumentError) -> JSONDocument {
        var elements: [JSONDocument] = []
        if self.take("]") { return .array([]) }
        repeat {
            elements.append(try self.value())
        } while self.take(",")
        guard self.take("]") else { throw self.error("expected a comma or a closing bracket") }
        return .array(elements)
    }

    private mutating func word(_ text: StaticString, _ value: JSONDocument) throws(JSONDocumentError) -> JSONDocument {
        guard self.bytes[self.index...].starts(with: "\(text)".utf8) else { throw self.error("unknown word") }
        self.index += text.utf8CodeUnitCount
        return value
    }
}

// MARK: - Scalars

extension JSONParser {
    private mutating func number() throws(JSONDocumentError) -> JSONNumber {
        let start = self.index
        _ = self.accept("-")
        if !self.accept("0") {
            guard self.digits() > 0 else { throw self.error("expected a value") }
        }
        if self.accept(".") {
            guard self.digits() > 0 else { throw self.error("expected a digit") }
        }
        if self.accept("e") || self.accept("E") {
            _ = self.accept("+") || self.accept("-")
            guard self.digits() > 0 else { throw self.error("expected a digit") }
        }
        return JSONNumber(checked: String(decoding: self.bytes[start..<self.index], as: UTF8.self))
    }

    private mutating func digits() -> Int {
        let start = self.index
        while let byte = self.peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { self.index += 1 }
        return self.index - start
    }

    /// Called at the opening quote.
    private mutating func string() throws(JSONDocumentError) -> String {
        self.index += 1
        var text: [UInt8] = []
        while let byte = self.peek {
            self.index += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw self.error("text is not UTF-8")
                }
                return string
            case UInt8(ascii: "\\"):
                try self.escape(into: &text)
            case 0..<0x20:
                throw self.error("control character in text")
            default:
                text.append(byte)
            }
        }
        throw self.error("text without an end")
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONDocumentError) {
        guard let byte = self.peek else { throw self.error("text without an end") }
        self.index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: String(try self.unicodeEscape()).utf8)
        default: throw self.error("unknown escape")
        }
    }

    /// A surrogate without its other half becomes U+FFFD: Python senders write such escapes, and Swift text can't hold them.
    private mutating func unicodeEscape() throws(JSONDocumentError) -> Character {
        let first = try self.hexUnit()
        guard UTF16.isLeadSurrogate(first) else { return Self.character(UInt32(first)) }
        let mark = self.index
        guard self.accept("\\"), self.accept("u") else {
            self.index = mark
            return "\u{FFFD}"
        }
        let second = try self.hexUnit()
        guard UTF16.isTrailSurrogate(second) else {
            self.index = mark
            return "\u{FFFD}"
        }
        return Self.character(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
    }

    private static func character(_ scalar: UInt32) -> Character {
        Unicode.Scalar(scalar).map(Character.init) ?? "\u{FFFD}"
    }

    private mutating func hexUnit() throws(JSONDocumentError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = self.peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw self.error("expected four hex digits")
            }
            unit = unit << 4 | UInt16(digit)
            self.index += 1
        }
        return unit
    }
}

// MARK: - Bytes

extension JSONParser {
    private var peek: UInt8? {
        self.index < self.bytes.count ? self.bytes[self.index] : nil
    }

    private mutating func accept(_ character: Unicode.Scalar) -> Bool {
        guard self.peek == UInt8(ascii: character) else { return false }
        self.index += 1
        return true
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        self.skipBlanks()
        return self.accept(character)
    }

    private mutating func skipBlanks() {
        while let byte = self.peek, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { self.index += 1 }
    }

    private func error(_ reason: String) -> JSONDocumentError {
        JSONDocumentError(reason: reason, offset: self.index)
    }
}

/// Where a ``JSONScanner`` stands. Knows no buffer: the bytes are lent to it with each call.
struct JSONPlace {
    var offset = 0
    private var depth = 0
    /// Whether a container was just entered, so that no comma comes before its next value.
    private var isAtStart = false

    init(offset: Int = 0) {
        self.offset = offset
    }

    private mutating func skipBlanks(_ bytes: Span<UInt8>) {
        self.offset = JSONGrammar.skipBlanks(bytes, from: self.offset)
    }

    mutating func value(_ bytes: Span<UInt8>) throws(JSONError) -> JSONValue {
        let start = JSONGrammar.skipBlanks(bytes, from: self.offset)
        let kind = try JSONGrammar.kind(bytes, at: start)
        var hasEscapes = false
        switch kind {
        case .string: (self.offset, hasEscapes) = try JSONGrammar.string(bytes, at: start)
        case .number: self.offset = try JSONGrammar.number(bytes, at: start)
        case .boolean, .null: self.offset = try JSONGrammar.word(bytes, at: start)
        case .object, .array: self.offset = try JSONGrammar.container(bytes, at: start, depth: self.depth)
        }
        return JSONValue(kind: kind, range: start..<self.offset, hasEscapes: hasEscapes)
    }

    mutating func peek(_ bytes: Span<UInt8>) throws(JSONError) -> JSONKind {
        self.offset = JSONGrammar.skipBlanks(bytes, from: self.offset)
        return try JSONGrammar.kind(bytes, at: self.offset)
    }

    mutating func enterObject(_ bytes: Span<UInt8>) throws(JSONError) {
        try self.enter(bytes, UInt8(ascii: "{"), expected: "Expecting object")
    }

    mutating func enterArray(_ bytes: Span<UInt8>) throws(JSONError) {
        try self.enter(bytes, UInt8(ascii: "["), expected: "Expecting array")
    }

    private mutating func enter(_ bytes: Span<UInt8>, _ opening: UInt8, expected: String) throws(JSONError) {
        self.skipBlanks(bytes)
        guard self.offset < bytes.count, bytes[self.offset] == opening else {
            throw JSONError(expected, at: self.offset)
        }
        guard self.depth < JSONScanner.maximumDepth else { throw JSONError("Nested too deep", at: self.offset) }
        self.offset += 1
        self.depth += 1
        self.isAtStart = true
    }

    mutating func nextMember(_ bytes: Span<UInt8>) throws(JSONError) -> JSONValue? {
        guard try self.advance(bytes, closing: UInt8(ascii: "}")) else { return nil }
        let key = try JSONGrammar.key(bytes, at: self.offset)
        self.offset = key.end
        return key.name
    }

    mutating func nextElement(_ bytes: Span<UInt8>) throws(JSONError) -> Bool {
        try self.advance(bytes, closing: UInt8(ascii: "]"))
    }

    /// Moves to the container's next value or key, or past its end.
    private mutating func advance(_ bytes: Span<UInt8>, closing: UInt8) throws(JSONError) -> Bool {
        self.skipBlanks(bytes)
        let isAtStart = self.isAtStart
        self.isAtStart = false
        if isAtStart, self.offset < bytes.count, bytes[self.offset] != closing { return true }
        if try JSONGrammar.separator(bytes, at: self.offset, closing: closing) {
            self.offset = JSONGrammar.skipBlanks(bytes, from: self.offset + 1)
            return true
        }
        self.offset += 1
        self.depth -= 1
        return false
    }

    mutating func finish(_ bytes: Span<UInt8>) throws(JSONError) {
        self.skipBlanks(bytes)
        guard self.offset == bytes.count else { throw JSONError("Extra data", at: self.offset) }
    }
}

extension JSONGrammar {
    /// Checks a whole value, containers included.
    ///
    /// - Parameters:
    ///   - start: of the value's first byte.
    ///   - depth: how many containers the value lies in.
    /// - Returns: the offset after the value.
    static func container(_ bytes: Span<UInt8>, at start: Int, depth: Int) throws(JSONError) -> Int {
        var offset = start
        var nesting = JSONNesting(floor: depth)
        while true {
            if try self.beginValue(bytes, &offset, &nesting) { continue }
            repeat {
                if nesting.isEmpty { return offset }
            } while try self.endsContainer(bytes, &offset, &nesting)
        }
    }

    /// Reads a scalar or an empty container whole, or enters a container up to its first value.
    ///
    /// - Returns: whether a value comes next, since a container was entered.
    private static func beginValue(
        _ bytes: Span<UInt8>,
        _ offset: inout Int,
        _ nesting: inout JSONNesting
    ) throws(JSONError) -> Bool {
        switch try self.kind(bytes, at: offset) {
        case .string: offset = try self.string(bytes, at: offset).end
        case .number: offset = try self.number(bytes, at: offset)
        case .boolean, .null: offset = try self.word(bytes, at: offset)
        case .object:
            try nesting.open(object: true, at: offset)
            return try self.beginContents(bytes, &offset, &nesting, closing: UInt8(ascii: "}"))
        case .array:
            try nesting.open(object: false, at: offset)
            return try self.beginContents(bytes, &offset, &nesting, closing: UInt8(ascii: "]"))
        }
        return false
    }

    private static func beginContents(
        _ bytes: Span<UInt8>,
        _ offset: inout Int,
        _ nesting: inout JSONNesting,
        closing: UInt8
    ) throws(JSONError) -> Bool {
        offset = self.skipBlanks(bytes, from: offset + 1)
        if offset < bytes.count, bytes[offset] == closing {
            nesting.close()
            offset += 1
            return false
        }
        if nesting.isInObject { offset = try self.key(bytes, at: offset).end }
        return true
    }

    /// After a value: reads the comma (and the next key), or the end of the container that the value lies in.
    ///
    /// - Returns: whether the container ended.
    private static func endsContainer(
        _ bytes: Span<UInt8>,
        _ offset: inout Int,
        _ nesting: inout JSONNesting
    ) throws(JSONError) -> Bool {
        offset = self.skipBlanks(bytes, from: offset)
        let isInObject = nesting.isInObject
        let closing = isInObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
        guard try self.separator(bytes, at: offset, closing: closing) else {
            nesting.close()
            offset += 1
            return true
        }
        offset = self.skipBlanks(bytes, from: offset + 1)
        if isInObject { offset = try self.key(bytes, at: offset).end }
        return false
    }

    /// - Returns: true at a comma, false at `closing`.
    static func separator(_ bytes: Span<UInt8>, at offset: Int, closing: UInt8) throws(JSONError) -> Bool {
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: ",") || bytes[offset] == closing else {
            throw JSONError("Expecting ',' delimiter", at: offset)
        }
        return bytes[offset] != closing
    }

    /// A member's name, its colon, and the blanks after it.
    static func key(_ bytes: Span<UInt8>, at start: Int) throws(JSONError) -> (name: JSONValue, end: Int) {
        guard start < bytes.count, bytes[start] == UInt8(ascii: "\"") else {
            throw JSONError("Expecting property name enclosed in double quotes", at: start)
        }
        let (end, hasEscapes) = try self.string(bytes, at: start)
        let colon = self.skipBlanks(bytes, from: end)
        guard colon < bytes.count, bytes[colon] == UInt8(ascii: ":") else {
            throw JSONError("Expecting ':' delimiter", at: colon)
        }
        let name = JSONValue(kind: .string, range: start..<end, hasEscapes: hasEscapes)
        return (name, self.skipBlanks(bytes, from: colon + 1))
    }
}

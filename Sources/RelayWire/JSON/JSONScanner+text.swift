public import NIOCore

extension JSONScanner {
    /// A string's text, escapes resolved.
    ///
    /// - Parameter value: a string that this scanner, or another one of the same text, has checked.
    /// - Returns: nil where an escape names half a surrogate pair, so that there is no text; and for other kinds.
    public func text(of value: JSONValue) -> String? {
        guard value.kind == .string else { return nil }
        guard value.hasEscapes else { return self.string(value.contents) }
        return self.unescaped(value.contents)
    }

    /// Whether a string's text is `text`. Costs no allocation unless the string holds escapes.
    public func text(of value: JSONValue, is text: StaticString) -> Bool {
        guard value.kind == .string else { return false }
        if value.hasEscapes { return self.unescaped(value.contents) == text.description }
        return value.contents.count == text.utf8CodeUnitCount
            && self.buffer.readableBytesUInt8Span.holds(text, at: value.contents.lowerBound)
    }

    /// A copy of the text's bytes in `range`, in memory of its own. Keeps nothing of the scanned buffer alive.
    public func copy(_ range: Range<Int>) -> ByteBuffer {
        var copy = ByteBuffer()
        copy.reserveCapacity(range.count)
        copy.writeBytes(self.buffer.readableBytesSpan.extracting(range))
        return copy
    }

    /// Whether an object that was checked has no members.
    func isEmptyObject(_ value: JSONValue) -> Bool {
        let bytes = self.buffer.readableBytesUInt8Span
        return JSONGrammar.skipBlanks(bytes, from: value.range.lowerBound + 1) == value.range.upperBound - 1
    }

    /// Whether a string without escapes is a legal topic name.
    func isTopic(_ value: JSONValue, _ naming: TopicNaming) -> Bool {
        naming.allows(self.buffer.readableBytesUInt8Span.extracting(value.contents))
    }

    /// Bytes that are known to be UTF-8, as they are.
    func string(_ range: Range<Int>) -> String? {
        self.buffer.getString(at: self.buffer.readerIndex + range.lowerBound, length: range.count)
    }

    private func unescaped(_ range: Range<Int>) -> String? {
        let bytes = self.buffer.readableBytesUInt8Span
        var text: [UInt8] = []
        text.reserveCapacity(range.count)
        var offset = range.lowerBound
        while offset < range.upperBound {
            guard bytes[offset] == UInt8(ascii: "\\") else {
                text.append(bytes[offset])
                offset += 1
                continue
            }
            guard let (scalar, end) = Self.scalar(bytes, escapedAt: offset) else { return nil }
            text.append(contentsOf: UTF8.encode(scalar) ?? .init())
            offset = end
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// What the escape (or the pair of them) at `offset` stands for, and the offset after it.
    private static func scalar(_ bytes: Span<UInt8>, escapedAt offset: Int) -> (Unicode.Scalar, Int)? {
        switch bytes[offset + 1] {
        case UInt8(ascii: "b"): return ("\u{8}", offset + 2)
        case UInt8(ascii: "f"): return ("\u{C}", offset + 2)
        case UInt8(ascii: "n"): return ("\n", offset + 2)
        case UInt8(ascii: "r"): return ("\r", offset + 2)
        case UInt8(ascii: "t"): return ("\t", offset + 2)
        case UInt8(ascii: "u"): break
        case let other: return (Unicode.Scalar(other), offset + 2)
        }
        guard let unit = JSONGrammar.codeUnit(bytes, at: offset + 2) else { return nil }
        if let scalar = Unicode.Scalar(unit) { return (scalar, offset + 6) }
        guard UTF16.isLeadSurrogate(unit), bytes.holds("\\u", at: offset + 6),
            let trail = JSONGrammar.codeUnit(bytes, at: offset + 8), UTF16.isTrailSurrogate(trail)
        else { return nil }
        let code = 0x10000 + (UInt32(unit & 0x3FF) << 10 | UInt32(trail & 0x3FF))
        return Unicode.Scalar(code).map { ($0, offset + 12) }
    }
}

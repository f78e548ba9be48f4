import NIOCore

// Reading values that were checked before, out of the text they were checked in.

extension Span<UInt8> {
    /// See ``JSONScanner/text(of:)``.
    func text(of value: JSONValue) -> String? {
        guard value.kind == .string else { return nil }
        guard value.hasEscapes else { return self.string(value.contents) }
        return self.unescaped(value.contents)
    }

    /// See ``JSONScanner/text(of:is:)``.
    func text(of value: JSONValue, is text: StaticString) -> Bool {
        guard value.kind == .string else { return false }
        if value.hasEscapes {
            return self.unescaped(value.contents).map { $0.utf8.elementsEqual(text.description.utf8) } ?? false
        }
        return value.contents.count == text.utf8CodeUnitCount && self.holds(text, at: value.contents.lowerBound)
    }

    /// What a string's text stands for as base64; nil where it is none. Some programs write a slash as an escape.
    func base64Bytes(of value: JSONValue) -> ByteBuffer? {
        guard value.hasEscapes else { return self.base64Bytes(value.contents) }
        return self.unescaped(value.contents).flatMap { Base64.bytes($0) }
    }

    /// Whether an object that was checked has no members.
    func isEmptyObject(_ value: JSONValue) -> Bool {
        JSONGrammar.skipBlanks(self, from: value.range.lowerBound + 1) == value.range.upperBound - 1
    }

    /// Whether a string without escapes is a legal topic name.
    func isTopic(_ value: JSONValue) -> Bool {
        TopicNaming.paths.allows(self.extracting(value.contents))
    }

    private func unescaped(_ range: Range<Int>) -> String? {
        var text: [UInt8] = []
        text.reserveCapacity(range.count)
        var offset = range.lowerBound
        while offset < range.upperBound {
            guard self[offset] == UInt8(ascii: "\\") else {
                text.append(self[offset])
                offset += 1
                continue
            }
            guard let (scalar, end) = self.scalar(escapedAt: offset) else { return nil }
            text.append(contentsOf: UTF8.encode(scalar) ?? .init())
            offset = end
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// What the escape (or the pair of them) at `offset` stands for, and the offset after it.
    private func scalar(escapedAt offset: Int) -> (Unicode.Scalar, Int)? {
        switch self[offset + 1] {
        case UInt8(ascii: "b"): return ("\u{8}", offset + 2)
        case UInt8(ascii: "f"): return ("\u{C}", offset + 2)
        case UInt8(ascii: "n"): return ("\n", offset + 2)
        case UInt8(ascii: "r"): return ("\r", offset + 2)
        case UInt8(ascii: "t"): return ("\t", offset + 2)
        case UInt8(ascii: "u"): break
        case let other: return (Unicode.Scalar(other), offset + 2)
        }
        guard let unit = JSONGrammar.codeUnit(self, at: offset + 2) else { return nil }
        if let scalar = Unicode.Scalar(unit) { return (scalar, offset + 6) }
        guard UTF16.isLeadSurrogate(unit), self.holds("\\u", at: offset + 6),
            let trail = JSONGrammar.codeUnit(self, at: offset + 8), UTF16.isTrailSurrogate(trail)
        else { return nil }
        let code = 0x10000 + (UInt32(unit & 0x3FF) << 10 | UInt32(trail & 0x3FF))
        return Unicode.Scalar(code).map { ($0, offset + 12) }
    }
}

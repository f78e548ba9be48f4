public import NIOCore

extension ByteBuffer {
    /// Writes `text` as a JSON string (RFC 8259), quotes included. Only what must be escaped is: quotes, backslashes
    /// and control characters.
    public mutating func writeJSONString(_ text: String) {
        self.writeInteger(UInt8(ascii: "\""))
        if text.jsonSize == text.utf8.count + 2 {
            self.writeString(text)
        } else {
            for byte in text.utf8 { self.writeEscaped(byte) }
        }
        self.writeInteger(UInt8(ascii: "\""))
    }

    private mutating func writeEscaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): self.writeStaticString(#"\""#)
        case UInt8(ascii: "\\"): self.writeStaticString(#"\\"#)
        case 0x08: self.writeStaticString(#"\b"#)
        case 0x09: self.writeStaticString(#"\t"#)
        case 0x0A: self.writeStaticString(#"\n"#)
        case 0x0C: self.writeStaticString(#"\f"#)
        case 0x0D: self.writeStaticString(#"\r"#)
        case ..<0x20:
            self.writeStaticString(byte < 0x10 ? #"\u000"# : #"\u001"#)
            let digit = byte & 0x0F
            self.writeInteger(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        default: self.writeInteger(byte)
        }
    }
}

extension String {
    /// How many bytes ``ByteBuffer/writeJSONString(_:)`` writes.
    var jsonSize: Int {
        var size = 2
        for byte in self.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x08...0x0A, 0x0C...0x0D: size += 2
            case ..<0x20: size += 6
            default: size += 1
            }
        }
        return size
    }
}

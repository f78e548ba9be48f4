extension OutputRawSpan {
    /// A string in quotes. Only what RFC 8259 wants escaped is: quotes, backslashes and control characters.
    mutating func append(jsonString text: String) {
        self.append(UInt8(ascii: "\""))
        if text.isPlainText {
            self.append(utf8: text)
        } else {
            for byte in text.utf8 { self.append(escaped: byte) }
        }
        self.append(UInt8(ascii: "\""))
    }

    private mutating func append(escaped byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): self.append(literal: #"\""#)
        case UInt8(ascii: "\\"): self.append(literal: #"\\"#)
        case 0x08: self.append(literal: #"\b"#)
        case 0x09: self.append(literal: #"\t"#)
        case 0x0A: self.append(literal: #"\n"#)
        case 0x0C: self.append(literal: #"\f"#)
        case 0x0D: self.append(literal: #"\r"#)
        case ..<0x20:
            self.append(literal: byte < 0x10 ? #"\u000"# : #"\u001"#)
            let digit = byte & 0x0F
            self.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        default: self.append(byte)
        }
    }
}

extension String {
    /// How many bytes the text takes as a JSON string, quotes included.
    var jsonSize: Int {
        if self.isPlainText { return self.utf8.count + 2 }
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

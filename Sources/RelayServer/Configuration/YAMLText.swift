import Configuration

/// Writes plain values as YAML on one line.
enum YAMLText {
    /// nil is written as nothing, which YAML reads as null.
    static func value(_ content: ConfigContent?) -> String {
        switch content {
        case .string(let text): self.scalar(text)
        case .stringArray(let texts): "[\(texts.map(self.quoted).joined(separator: ", "))]"
        default: ""
        }
    }

    /// Bare where that can't be misread, else in double quotes.
    static func scalar(_ text: String) -> String {
        let isBare =
            text.utf8.first.map { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: ".") } == true
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
                    true
                default:
                    false
                }
            }
        return isBare && !["null", "Null", "NULL"].contains(text) ? text : self.quoted(text)
    }

    private static func quoted(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { scalar -> String in
            switch scalar {
            case "\"", "\\":
                "\\\(scalar)"
            case _ where scalar.properties.generalCategory == .control:
                scalar.value <= 0xFF ? "\\x" + self.hex(scalar.value) : String(scalar)
            default:
                String(scalar)
            }
        }
        return "\"\(escaped.joined())\""
    }

    private static func hex(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return digits.count == 1 ? "0\(digits)" : digits
    }
}

/// Makes any text safe to stand in one line of a log.
enum LogText {
    /// As it is, except that control characters, line separators and what reorders text on a terminal are escaped.
    static func plain(_ text: String) -> String {
        self.escape(text, quotes: false)
    }

    /// As it is where it is one plain word, else ``quoted(_:)``, so that a value can't look like a further `key=value`.
    static func word(_ text: String) -> String {
        let isWord =
            !text.isEmpty
            && text.utf8.allSatisfy { byte in
                byte > UInt8(ascii: " ") && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "=")
                    && byte != UInt8(ascii: "\\")
            }
        return isWord && text.utf8.count <= LogLine.maxTextLength ? text : self.quoted(text)
    }

    /// A JSON string, quotes included.
    static func quoted(_ text: String) -> String {
        "\"\(self.escape(text, quotes: true))\""
    }

    private static func escape(_ text: String, quotes: Bool) -> String {
        var result = ""
        var length = 0
        for scalar in text.unicodeScalars {
            length += scalar.utf8.count
            guard length <= LogLine.maxTextLength else { return result + "…" }
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\"" where quotes, "\\" where quotes: result += "\\\(scalar)"
            case _ where self.isUnsafe(scalar): result += self.hexadecimal(scalar)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    /// `\uXXXX`, as a surrogate pair where four digits are too few.
    private static func hexadecimal(_ scalar: Unicode.Scalar) -> String {
        String(scalar).utf16.map { unit in
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
    }
}

/// How names, label values and numbers are written in the text format 0.0.4.
enum MetricText {
    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`: whatever else `name` holds becomes `_`.
    static func metricName(_ name: String) -> String {
        self.name(name, allowsColon: true)
    }

    /// `[a-zA-Z_][a-zA-Z0-9_]*`, without the two leading underscores that are reserved, and never `le`, which belongs to
    /// histograms.
    static func labelName(_ name: String) -> String {
        let clean = self.name(name, allowsColon: false)
        if clean.hasPrefix("__") { return "label" + clean }
        return clean == "le" ? "label_le" : clean
    }

    private static func name(_ name: String, allowsColon: Bool) -> String {
        let clean = name.unicodeScalars.map { scalar -> Character in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "_": return Character(scalar)
            case ":" where allowsColon: return ":"
            default: return "_"
            }
        }
        guard let first = clean.first else { return "_" }
        return (first.isNumber ? "_" : "") + String(clean)
    }

    /// Label values are cut after this many UTF-8 bytes, at the end of a character.
    static let maxValueLength = 512

    static func labelValue(_ value: String) -> String {
        guard value.utf8.count > self.maxValueLength else { return value }
        var length = 0
        return String(
            value.prefix { character in
                length += character.utf8.count
                return length <= self.maxValueLength
            }
        )
    }

    static func escapedValue(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    static func escapedHelp(_ help: String) -> String {
        help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    }

    /// Whole numbers without a fraction, the rest as short as it reads back exactly.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "NaN" : value > 0 ? "+Inf" : "-Inf" }
        guard value == value.rounded(), abs(value) < 1e15 else { return "\(value)" }
        return String(Int64(value))
    }
}

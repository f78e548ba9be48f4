/// Text of others on a terminal. What would move the cursor, hide something or turn the order of letters around is shown as its code.
public enum ShownText {
    /// - Parameter text: may be anything.
    public static func of(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: self.isHidden) else { return text }
        return text.unicodeScalars.reduce(into: "") { shown, scalar in
            if self.isHidden(scalar) {
                shown += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
    }

    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: true
        default: false
        }
    }
}

extension JSONDocument {
    /// - Throws: ``JSONDocumentError`` where the text is not exactly one JSON value, or is nested deeper than 512 levels.
    public init(parsing text: some StringProtocol) throws(JSONDocumentError) {
        self = try JSONParser.parse(text.utf8)
    }

    /// As ``init(parsing:)``, from UTF-8.
    public init(parsing bytes: some Sequence<UInt8>) throws(JSONDocumentError) {
        self = try JSONParser.parse(bytes)
    }

    /// On one line, without blanks; everything outside ASCII as itself.
    public var text: String {
        var text = ""
        self.write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .number(let number): text += number.text
        case .string(let string): Self.quote(string, to: &text)
        case .array(let elements): Self.writeArray(elements, to: &text)
        case .object(let object): Self.writeObject(object, to: &text)
        }
    }

    private static func writeArray(_ elements: [JSONDocument], to text: inout String) {
        text += "["
        for (index, element) in elements.enumerated() {
            if index > 0 { text += "," }
            element.write(to: &text)
        }
        text += "]"
    }

    private static func writeObject(_ object: JSONObject, to text: inout String) {
        text += "{"
        for (index, member) in object.members.enumerated() {
            if index > 0 { text += "," }
            self.quote(member.key, to: &text)
            text += ":"
            member.value.write(to: &text)
        }
        text += "}"
    }

    private static func quote(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..<"\u{20}":
                let hex = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

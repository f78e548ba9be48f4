import NIOCore
import RelayWire

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
        var text = ByteBuffer()
        self.write(into: &text)
        return String(buffer: text)
    }

    private func write(into text: inout ByteBuffer) {
        switch self {
        case .null: text.writeStaticString("null")
        case .bool(let value): text.writeString(value ? "true" : "false")
        case .number(let number): text.writeString(number.text)
        case .string(let string): text.writeJSONString(string)
        case .array(let elements): Self.write(elements, "[", "]", into: &text) { $0.write(into: &$1) }
        case .object(let object):
            Self.write(object.members, "{", "}", into: &text) { member, text in
                text.writeJSONString(member.key)
                text.writeStaticString(":")
                member.value.write(into: &text)
            }
        }
    }

    private static func write<Part>(
        _ parts: [Part],
        _ start: StaticString,
        _ end: StaticString,
        into text: inout ByteBuffer,
        _ write: (Part, inout ByteBuffer) -> Void
    ) {
        text.writeStaticString(start)
        for (index, part) in parts.enumerated() {
            if index > 0 { text.writeStaticString(",") }
            write(part, &text)
        }
        text.writeStaticString(end)
    }
}

import FoundationEssentials

/// A value of JSON, of a token's claim or of an answer of its issuer.
enum ClaimValue: Hashable, Sendable, Decodable {
    case null
    case boolean(Bool)
    case number(Double)
    case text(String)
    case list([ClaimValue])
    case object([String: ClaimValue])

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let boolean = try? value.decode(Bool.self) {
            self = .boolean(boolean)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let list = try? value.decode([ClaimValue].self) {
            self = .list(list)
        } else {
            self = .object(try value.decode([String: ClaimValue].self))
        }
    }
}

extension ClaimValue {
    /// Claims are objects of objects of lists. Reading costs time for each level that a value lies in, so none may be deep.
    private static let deepest = 8

    /// Whether JSON may be read: strangers choose it. Brackets within texts count as well, of which no claim has many.
    static func isShallow(_ json: some Sequence<UInt8>) -> Bool {
        var depth = 0
        for byte in json {
            switch byte {
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: break
            }
            if depth > Self.deepest { return false }
        }
        return true
    }
}

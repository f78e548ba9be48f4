/// A JSON value that keeps what a round trip must not lose: the order of members and the digits of numbers.
public enum JSONDocument: Sendable, Hashable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONDocument])
    case object(JSONObject)

    /// The member `key` of an object; nil where this is no object or has no such member.
    public subscript(key: String) -> JSONDocument? {
        guard case .object(let object) = self else { return nil }
        return object[key]
    }

    public var isNull: Bool { self == .null }
}

extension JSONDocument: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    public init(booleanLiteral value: Bool) {
        self = .bool(value)
    }

    public init(integerLiteral value: Int) {
        self = .number(JSONNumber(value))
    }

    public init(stringLiteral value: String) {
        self = .string(value)
    }
}

extension JSONDocument: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    public init(arrayLiteral elements: JSONDocument...) {
        self = .array(elements)
    }

    public init(dictionaryLiteral elements: (String, JSONDocument)...) {
        self = .object(JSONObject(elements))
    }
}

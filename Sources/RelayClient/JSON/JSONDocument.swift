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

    /// Whether it is `null`.
    public var isNull: Bool { self == .null }
}

extension JSONDocument: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    /// `true` or `false`.
    public init(booleanLiteral value: Bool) {
        self = .bool(value)
    }

    /// A number.
    public init(integerLiteral value: Int) {
        self = .number(JSONNumber(value))
    }

    /// A string.
    public init(stringLiteral value: String) {
        self = .string(value)
    }
}

extension JSONDocument: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    /// An array.
    public init(arrayLiteral elements: JSONDocument...) {
        self = .array(elements)
    }

    /// An object, its members in the written order.
    public init(dictionaryLiteral elements: (String, JSONDocument)...) {
        self = .object(JSONObject(elements))
    }
}

/// What a JSON value is, as told by its first byte.
public enum JSONKind: UInt8, Hashable, Sendable {
    case object
    case array
    case string
    case number
    case boolean
    case null
}

/// A value that a ``JSONScanner`` has checked: what it is and which bytes it takes up.
public struct JSONValue: Hashable, Sendable {
    public let kind: JSONKind
    /// In bytes from the start of the text, without blanks around the value. A string's range includes its quotes.
    public let range: Range<Int>
    /// Only for a string: whether it holds a backslash, so that its bytes are not yet its text.
    let hasEscapes: Bool

    /// The bytes between a string's quotes.
    var contents: Range<Int> { self.range.lowerBound + 1..<self.range.upperBound - 1 }
}

/// A JSON number, kept as its digits: `1.0` stays `1.0`, and a number too large for any machine type is still passed on.
public struct JSONNumber: Sendable, Hashable {
    /// Valid JSON number text.
    public let text: String

    /// - Parameter text: already checked against JSON's grammar by the parser.
    init(checked text: String) {
        self.text = text
    }

    /// A whole number, exactly.
    public init(_ value: some BinaryInteger) {
        self.text = String(value)
    }

    /// - Returns: nil for infinities and NaN, which JSON cannot say.
    public init?(_ value: Double) {
        guard value.isFinite else { return nil }
        self.text = String(value)
    }

    /// The whole number that this is, if it is one and fits: `30` and `30.0`, not `1.5`.
    public var integer: Int? {
        Int(self.text) ?? Double(self.text).flatMap { Int(exactly: $0) }
    }
}

/// Text that was to be JSON and isn't, or JSON without what was expected in it.
public struct JSONDocumentError: Error, Hashable, Sendable, CustomStringConvertible {
    public let reason: String
    /// Bytes before the place; nil where the text is JSON but has the wrong members.
    public let offset: Int?

    public init(reason: String, offset: Int? = nil) {
        self.reason = reason
        self.offset = offset
    }

    public var description: String {
        self.offset.map { "\(self.reason) (at byte \($0))" } ?? self.reason
    }
}

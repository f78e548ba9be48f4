/// Text that was to be JSON and isn't, or JSON without what was expected in it.
public struct JSONDocumentError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, for people.
    public let reason: String
    /// Bytes before the place; nil where the text is JSON but has the wrong members.
    public let offset: Int?

    /// An error with its reason.
    ///
    /// - Parameters:
    ///   - reason: what is wrong, for people.
    ///   - offset: where, in bytes from the start; nil where the text is JSON but has the wrong members.
    public init(reason: String, offset: Int? = nil) {
        self.reason = reason
        self.offset = offset
    }

    /// The reason, with the place where there is one.
    public var description: String {
        self.offset.map { "\(self.reason) (at byte \($0))" } ?? self.reason
    }
}

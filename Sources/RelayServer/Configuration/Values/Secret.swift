/// A value that must never be shown: printing it, dumping it or putting it into a message gives asterisks.
public struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// What is printed in its place.
    public static let mask = "********"

    /// The secret itself: for the code that uses it, never for output.
    public let value: String

    public init(_ value: String) {
        self.value = value
    }

    /// The mask.
    public var description: String { Self.mask }
    /// The mask.
    public var debugDescription: String { Self.mask }
    /// Empty, so that `dump` shows no secret either.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

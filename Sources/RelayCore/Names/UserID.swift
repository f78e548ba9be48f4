/// Identifies a user for life: a UUID string, made by the relay, never reused, legal inside a topic name.
public struct UserID: Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String

    public init(_ rawValue: String) {
        self.rawValue = rawValue
    }

    public var description: String { self.rawValue }
}

public import NIOCore

/// One thing that is wrong with one field of a request.
public struct ValidationIssue: Hashable, Sendable {
    /// A step on the way to the field.
    public enum Step: Hashable, Sendable {
        case name(String)
        case index(Int)
    }

    /// What clients may tell issues apart by: `missing`, `string_type`, ...
    public let type: String
    /// From the part of the request inwards: `body` (or `query`, `path`), then names and indices.
    public let location: [Step]
    public let message: String
    /// The refused value as it was sent: JSON, at most ``maximumInputSize`` bytes. Nil where it was longer, or where
    /// there is nothing to show.
    public let input: ByteBuffer?

    /// In bytes. Larger values are not sent back.
    public static let maximumInputSize = 256

    public init(type: String, location: [Step], message: String, input: ByteBuffer? = nil) {
        self.type = type
        self.location = location
        self.message = message
        self.input = input
    }
}

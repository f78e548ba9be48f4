/// A field of a head or of trailers.
public struct HTTP3Field: Hashable, Sendable {
    /// In small letters. Of a pseudo field with its colon.
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// As RFC 9114 section 4.2.2 counts it, bytes.
    var size: Int { self.name.utf8.count + self.value.utf8.count + 32 }
}

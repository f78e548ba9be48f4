/// What clients call a topic: 1 to 255 of `A-Z a-z 0-9 _ -`, with at least one letter or digit.
///
/// Names of special kinds are paths (`session/{id}/signal`); which paths exist is decided by the kinds' behaviours
/// (see ``TopicCatalog``), so a name with a separator never comes from ``init(_:)``.
public struct TopicName: Hashable, Sendable, CustomStringConvertible {
    public static let maximumLength = 255

    public let rawValue: String

    /// - Returns: nil where `text` is no legal name of a plain stream.
    public init?(_ text: String) {
        var alphanumerics = 0
        var length = 0
        for byte in text.utf8 {
            length += 1
            guard length <= Self.maximumLength else { return nil }
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                alphanumerics += 1
            case UInt8(ascii: "_"), UInt8(ascii: "-"):
                continue
            default:
                return nil
            }
        }
        guard alphanumerics > 0 else { return nil }
        self.rawValue = text
    }

    /// For a special kind's behaviour, which has checked `path` itself.
    package init(path: String) {
        self.rawValue = path
    }

    public var description: String { self.rawValue }
}

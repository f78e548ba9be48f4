import RelayWire

/// What clients call a topic: 1 to 255 of `A-Z a-z 0-9 _ -`, with at least one letter or digit.
///
/// Names of special kinds are paths (`session/{id}/signal`). The kinds' behaviours decide which paths exist (see
/// ``TopicCatalog``). So a name with a separator never comes from ``init(_:)``.
public struct TopicName: Hashable, Sendable, CustomStringConvertible {
    /// In bytes.
    public static let maximumLength = TopicNaming.maximumLength

    public let rawValue: String

    /// - Returns: nil where `text` is no legal name of a plain stream.
    public init?(_ text: String) {
        guard TopicNaming.plain.allows(text) else { return nil }
        self.rawValue = text
    }

    /// What a client wrote, which may be a name of any kind: see ``TopicNaming/paths``.
    ///
    /// - Returns: nil where no kind could have a name like it. Which kinds do ``TopicCatalog`` knows.
    public init?(client text: String) {
        guard TopicNaming.paths.allows(text) else { return nil }
        self.rawValue = text
    }

    /// For a special kind's behaviour, which has checked `path` itself.
    package init(path: String) {
        self.rawValue = path
    }

    /// Whether it has a separator: then it is of a special kind.
    package var isPath: Bool { self.rawValue.utf8.contains(UInt8(ascii: "/")) }

    public var description: String { self.rawValue }
}

import RelayWire

/// What a user calls a reader: see ``RelayWire/ReaderNaming``.
public struct ReaderName: Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String

    /// - Returns: nil where `text` is no legal name.
    public init?(_ text: String) {
        guard ReaderNaming.allows(text) else { return nil }
        self.rawValue = text
    }

    public var description: String { self.rawValue }
}

/// A reader whose place in a topic the relay keeps, also while it is away.
///
/// It is its user's: two users' readers of one name are two readers. The relay's own have the user ``Principal/relay``.
public struct NamedReader: Hashable, Sendable {
    public let topic: TopicKey
    public let user: UserID
    public let name: ReaderName

    public init(topic: TopicKey, user: UserID, name: ReaderName) {
        self.topic = topic
        self.user = user
        self.name = name
    }
}

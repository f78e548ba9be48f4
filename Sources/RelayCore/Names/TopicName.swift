import RelayWire

/// What clients call a topic: 1 to 255 of `A-Z a-z 0-9 _ -`, with at least one letter or digit.
///
/// Names of special kinds are paths (`session/{id}/signal`), and so are those of Pulse's channels that can't be called as above
/// (`pulse/chat_3alobby`), which are plain topics all the same. The kinds' behaviours decide which paths exist (see ``TopicCatalog``). So a
/// name with a separator never comes from ``init(_:)``.
public struct TopicName: Hashable, Sendable, CustomStringConvertible {
    /// Of all names but those of Pulse's channels: see ``TopicNaming``. In bytes.
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

    /// A channel of Pulse's that has no plain name: see ``PulseChannel``.
    ///
    /// - Returns: nil where no channel is written so.
    init?(channelPath path: String) {
        guard path.utf8.starts(with: TopicNaming.channelPrefix.utf8), PulseChannel.channel(ofTopic: path) != nil else {
            return nil
        }
        self.rawValue = path
    }

    /// For a special kind's behaviour, which has checked `path` itself.
    package init(path: String) {
        self.rawValue = path
    }

    /// Whether it has a separator: then it is of a special kind, or stands for a channel of Pulse's.
    package var isPath: Bool { self.rawValue.utf8.contains(UInt8(ascii: "/")) }

    /// Whether it is a plain topic's: without a separator, or a channel's.
    package var isPlain: Bool { !self.isPath || self.rawValue.utf8.starts(with: TopicNaming.channelPrefix.utf8) }

    public var description: String { self.rawValue }
}

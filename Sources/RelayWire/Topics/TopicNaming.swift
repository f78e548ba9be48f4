/// Which names a topic may have. The one place where the rule is written.
public enum TopicNaming: Sendable {
    /// 1 to 255 of `A-Z a-z 0-9 _ -`, with at least one letter or digit.
    case plain
    /// Also paths: such names joined by `/`, 255 bytes in all, or 774 where they begin as those of Pulse's channels. Behind the beginning of
    /// a presence's name comes a topic's, which may be as long as on its own. Which paths exist is not checked.
    case paths

    /// Of all names but those of Pulse's channels and of presences. In bytes.
    public static let maximumLength = 255
    /// What names of Pulse's channels begin with: see ``PulseChannel``.
    public static let channelPrefix = Self.channelStart.description
    private static let channelStart: StaticString = "pulse/"
    /// Of a name of Pulse's channels: each byte of the channel's own name may take three. In bytes.
    public static let maximumChannelLength = Self.channelStart.utf8CodeUnitCount + 3 * PulseChannel.maximumLength
    /// What the name of a topic's presence begins with: the topic's own name comes next.
    public static let presencePrefix = Self.presenceStart.description
    private static let presenceStart: StaticString = "presence/"
    /// Of any name. In bytes.
    static let maximumPathLength = Self.presenceStart.utf8CodeUnitCount + Self.maximumChannelLength

    /// How long a name may be that begins as `name` does. In bytes.
    public func maximumLength(of name: some Collection<UInt8>) -> Int {
        let prefix = Self.presencePrefix.utf8
        guard self == .paths, name.starts(with: prefix) else { return self.maximumTopicLength(of: name) }
        return prefix.count + self.maximumTopicLength(of: name.dropFirst(prefix.count))
    }

    private func maximumTopicLength(of name: some Collection<UInt8>) -> Int {
        self == .paths && Self.isChannel(name) ? Self.maximumChannelLength : Self.maximumLength
    }

    /// Whether a name begins as those of Pulse's channels.
    static func isChannel(_ name: some Collection<UInt8>) -> Bool { name.starts(with: self.channelPrefix.utf8) }

    public func allows(_ name: String) -> Bool {
        var check = Check(naming: self, limit: self.maximumLength(of: name.utf8))
        for byte in name.utf8 {
            guard check.accepts(byte) else { return false }
        }
        return check.isComplete
    }

    /// The same rule over bytes, before they become a string.
    func allows(_ bytes: Span<UInt8>) -> Bool {
        var check = Check(naming: self, limit: self.maximumLength(of: bytes))
        for index in bytes.indices {
            guard check.accepts(bytes[index]) else { return false }
        }
        return check.isComplete
    }

    private func maximumLength(of bytes: Span<UInt8>) -> Int {
        guard self == .paths else { return Self.maximumLength }
        let start = bytes.holds(Self.presenceStart, at: 0) ? Self.presenceStart.utf8CodeUnitCount : 0
        let isChannel = bytes.holds(Self.channelStart, at: start)
        return start + (isChannel ? Self.maximumChannelLength : Self.maximumLength)
    }

    private struct Check {
        let naming: TopicNaming
        /// In bytes.
        let limit: Int
        var length = 0
        /// Whether the part since the last separator holds a letter or digit.
        var isComplete = false

        init(naming: TopicNaming, limit: Int) {
            self.naming = naming
            self.limit = limit
        }

        mutating func accepts(_ byte: UInt8) -> Bool {
            self.length += 1
            guard self.length <= self.limit else { return false }
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                self.isComplete = true
                return true
            case UInt8(ascii: "_"), UInt8(ascii: "-"):
                return true
            case UInt8(ascii: "/"):
                guard self.naming == .paths, self.isComplete else { return false }
                self.isComplete = false
                return true
            default:
                return false
            }
        }
    }
}

/// Which names a topic may have. The one place where the rule is written.
public enum TopicNaming: Sendable {
    /// 1 to 255 of `A-Z a-z 0-9 _ -`, with at least one letter or digit.
    case plain
    /// Also names of special kinds: such names joined by `/`, 255 bytes in all. Which paths exist is not checked.
    case paths

    /// In bytes.
    public static let maximumLength = 255

    public func allows(_ name: String) -> Bool {
        var check = Check(naming: self)
        for byte in name.utf8 {
            guard check.accepts(byte) else { return false }
        }
        return check.isComplete
    }

    /// The same rule over bytes, before they become a string.
    func allows(_ bytes: Span<UInt8>) -> Bool {
        var check = Check(naming: self)
        for index in bytes.indices {
            guard check.accepts(bytes[index]) else { return false }
        }
        return check.isComplete
    }

    private struct Check {
        let naming: TopicNaming
        var length = 0
        /// Whether the part since the last separator holds a letter or digit.
        var isComplete = false

        init(naming: TopicNaming) {
            self.naming = naming
        }

        mutating func accepts(_ byte: UInt8) -> Bool {
            self.length += 1
            guard self.length <= TopicNaming.maximumLength else { return false }
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

import NIOCore
import RelayCore

/// An announcement of the control slot: its number and what was changed.
struct ChangeNotice {
    let version: Int64
    let change: StoreChange

    /// `<version> <kind> <what>`, where what is a user's id, a topic's key, or a user's id and a jti.
    ///
    /// - Returns: nil for what no script of ours sends.
    init?(_ bytes: ByteBuffer) {
        let parts = String(buffer: bytes).split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let version = Int64(parts[0]) else { return nil }
        self.version = version
        switch parts[1] {
        case "user": self.change = .user(UserID(String(parts[2])))
        case "topic": self.change = .topic(TopicKey(storedText: String(parts[2])))
        case "token":
            let token = parts[2].split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            guard token.count == 2 else { return nil }
            self.change = .token(jti: String(token[1]), of: UserID(String(token[0])))
        default: return nil
        }
    }
}

/// Notices gaps in the numbers of the changes that were told.
struct ChangeCounter {
    /// Nil until a number is known.
    private var told: Int64?
    private var wasSubscribed = false
    /// The last poll's number, where it was not the one told: it may have overtaken, or been overtaken by, announcements.
    private var doubted: (polled: Int64, told: Int64)?

    var isInDoubt: Bool { self.doubted != nil }

    /// From here on announcements come. After the first time some were missed.
    mutating func subscribed() -> StoreChange? {
        defer { self.wasSubscribed = true }
        guard self.wasSubscribed else { return nil }
        self.told = nil
        self.doubted = nil
        return .everything
    }

    /// - Parameter notice: nil for one that can't be read.
    mutating func announced(_ notice: ChangeNotice?) -> StoreChange? {
        guard let notice else { return .everything }
        guard let told = self.told else {
            self.told = notice.version
            return notice.change
        }
        guard notice.version > told else { return notice.change }
        self.told = notice.version
        return notice.version == told + 1 ? notice.change : .everything
    }

    /// Announcements and polls come over two connections, so a difference counts only if it is still there some time later.
    mutating func polled(_ version: Int64) -> StoreChange? {
        guard let told = self.told else {
            self.told = version
            return nil
        }
        let before = self.doubted
        self.doubted = version == told ? nil : (version, told)
        guard let before else { return nil }
        let isBehind = told < before.polled
        let wasReset = version < before.told
        guard isBehind || wasReset else { return nil }
        self.told = version
        self.doubted = nil
        return .everything
    }
}

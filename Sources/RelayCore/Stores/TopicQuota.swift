/// How many topics there may be. Checked in the step that creates one, so that creators at the same time can't exceed it.
public struct TopicQuota: Hashable, Sendable {
    /// Which of its bounds is reached.
    public enum Bound: Hashable, Sendable {
        /// The owner has as many as a user may.
        case ofUser
        /// The store has as many as it may.
        case inAll
    }

    /// Of one owner. Default 50,000.
    public var maxPerUser: Int
    /// Of all owners together. Default 1,000,000.
    public var maxInAll: Int

    public static let unlimited = TopicQuota(maxPerUser: .max, maxInAll: .max)

    public init(maxPerUser: Int = 50_000, maxInAll: Int = 1_000_000) {
        self.maxPerUser = maxPerUser
        self.maxInAll = maxInAll
    }

    /// - Parameters:
    ///   - owned: topics that the owner has.
    ///   - total: topics that there are.
    /// - Returns: the bound that one more topic would exceed.
    public func refusal(owned: Int, total: Int) -> Bound? {
        if owned >= self.maxPerUser { return .ofUser }
        return total >= self.maxInAll ? .inAll : nil
    }
}

/// What became of the creation of a topic.
public enum TopicCreation: Sendable {
    case created(StoredTopic)
    /// There was one of that key already.
    case existed(StoredTopic)
    /// Nothing was stored.
    case refused(TopicQuota.Bound)
}

/// What became of a topic's creation with its first messages.
public enum FirstAppend: Sendable {
    /// The topic is there, and has the messages.
    case created(StoredTopic, AppendReceipt)
    /// There was one of that key already: no message was stored.
    case existed(StoredTopic)
    /// Nothing was stored.
    case refused(TopicQuota.Bound)
}

/// What became of a grant.
public enum GrantAddition: Hashable, Sendable {
    case added
    /// The user had one already, or the topic is gone.
    case unchanged
    /// The topic has as many as it may.
    case refused
}

/// Who may use a topic, as of one instant: what every access decision is taken from.
public struct TopicAccess: Hashable, Sendable {
    /// Nil while no topic of the name exists; one may still wait for it to be created.
    public var record: TopicRecord?
    public var grants: Set<UserID>

    public static let missing = TopicAccess(record: nil, grants: [])

    public init(record: TopicRecord?, grants: Set<UserID>) {
        self.record = record
        self.grants = grants
    }

    public init(_ stored: StoredTopic) {
        self.init(record: stored.record, grants: Set(stored.grants.map(\.user)))
    }
}

/// What somebody wants to do with a topic: what a kind decides on, see ``TopicBehavior/decide(_:by:on:)``.
public enum TopicAction: Hashable, Sendable {
    /// Make it: by the route for it, or by a first publish. Asked while it does not exist.
    case create
    /// Poll it, subscribe to it, read its history.
    case read
    case publish
    /// See that it exists and what it is.
    case inspect
    /// Change it, delete it, grant it.
    case manage
}

/// What a topic is wanted in memory for.
public enum TopicUse: Hashable, Sendable {
    /// Reading what it has. One that does not exist has nothing.
    case look
    /// Reading what it has and what comes. One that does not exist may come too.
    case join
    /// Publishing to it. One that does not exist is made by that.
    case publish

    /// What the kind is asked.
    func action(exists: Bool) -> TopicAction {
        switch self {
        case .look, .join: .read
        case .publish: exists ? .publish : .create
        }
    }
}

/// The answer to a ``TopicAction``.
public enum AccessDecision: Hashable, Sendable {
    case allowed
    case denied
    /// There is no such topic, and the action needs one.
    case missing
}

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

/// What somebody wants of a topic.
public enum TopicAction: Hashable, Sendable {
    /// Poll it, subscribe to it, read its history.
    case read
    case publish
    /// See that it exists and what it is.
    case inspect
    /// Change it, delete it, grant it.
    case manage
}

/// The answer to a ``TopicAction``.
public enum AccessDecision: Hashable, Sendable {
    case allowed
    case denied
    /// There is no such topic, and the action needs one.
    case missing
}

/// Who may use a topic, as of one instant: what every access decision is taken from.
///
/// A part of another topic has that topic's: see ``TopicBehavior/root(of:)``.
public struct TopicAccess: Sendable {
    /// Nil while no topic of the name exists; one may still wait for it to be created.
    public var record: TopicRecord?
    public var grants: Set<UserID>
    /// What its kind keeps with it; nil for a kind that keeps nothing, and where it can't be read back.
    public var state: (any KindState)?

    public static let missing = TopicAccess(record: nil, grants: [])

    public init(record: TopicRecord?, grants: Set<UserID>, state: (any KindState)? = nil) {
        self.record = record
        self.grants = grants
        self.state = state
    }

    /// - Parameter behavior: of the topic that is stored.
    public init(_ stored: StoredTopic, _ behavior: any TopicBehavior) {
        self.init(
            record: stored.record,
            grants: Set(stored.grants.map(\.user)),
            state: stored.record.state.flatMap { behavior.decode($0.bytes) }
        )
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

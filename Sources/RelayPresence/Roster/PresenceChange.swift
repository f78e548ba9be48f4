/// What became of a member between two moments. What came and went between them is not told.
public enum PresenceChange: Hashable, Sendable {
    /// It was not there, and is now.
    case join(PresenceMember)
    /// It was there, and is, and says something else of itself.
    case update(PresenceMember)
    /// It was there, and is not any more. As it was last.
    case leave(PresenceMember)

    public var member: PresenceMember {
        switch self {
        case .join(let member), .update(let member), .leave(let member): member
        }
    }
}

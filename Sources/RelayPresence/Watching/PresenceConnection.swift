public import RelayCore

/// A client's connection, as presence knows it. Lives on its loop. A connection that uses no presence needs none.
public final class PresenceConnection {
    public let id: ConnectionID
    public let user: UserID
    public let username: String
    /// The topics on which it may be a member, where that is less than what connections may be.
    let maxTopics: Int
    /// The topics on which it is a member.
    var memberships = 0

    public init(id: ConnectionID = .random(), user: UserID, username: String, maxTopics: Int = .max) {
        self.maxTopics = maxTopics
        self.id = id
        self.user = user
        self.username = username
    }
}

/// A user's right to read and write a topic of somebody else.
public struct TopicGrant: Sendable, Hashable {
    /// The topic's name.
    public let topic: String
    /// Who may read and write it.
    public let userID: String
    /// That user's name.
    public let username: String
    /// RFC 3339, UTC, as the relay wrote it.
    public let grantedAt: String

    init(json: JSONDocument) throws(JSONDocumentError) {
        self.topic = try json.string("topic_name")
        self.userID = try json.string("user_id")
        self.username = try json.string("username")
        self.grantedAt = try json.string("granted_at")
    }
}

/// A user's right to read and write a topic of somebody else.
public struct TopicGrant: Sendable, Hashable {
    public let topic: String
    public let userID: String
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

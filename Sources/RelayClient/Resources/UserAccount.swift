/// A user of the relay.
public struct UserAccount: Sendable, Hashable {
    /// Never changes, and is never used again.
    public let userID: String
    /// What the user logs in with.
    public let username: String
    /// Nil where none is known.
    public let email: String?
    /// Whether the user may log in.
    public let isActive: Bool
    /// RFC 3339, UTC, as the relay wrote it.
    public let createdAt: String
    /// Any of `admin`, `read`, `write`.
    public let permissions: [String]
    /// The names of the topics that the user owns.
    public let ownedTopics: [String]

    init(json: JSONDocument) throws(JSONDocumentError) {
        self.userID = try json.string("user_id")
        self.username = try json.string("username")
        self.email = try json.optionalString("email")
        self.isActive = try json.flag("is_active")
        self.createdAt = try json.string("created_at")
        self.permissions = try json.strings("permissions")
        self.ownedTopics = try json.strings("owned_topics")
    }
}

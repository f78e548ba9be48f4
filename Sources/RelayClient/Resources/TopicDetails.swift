/// A topic as the relay describes it.
public struct TopicDetails: Sendable, Hashable {
    /// Its own for each creation: a topic that is made anew has another.
    public let topicID: String
    /// What clients call it.
    public let name: String
    /// The user id of its owner.
    public let ownerID: String
    /// RFC 3339, UTC, as the relay wrote it.
    public let createdAt: String
    /// A text for people, where there is one.
    public let description: String?
    /// Whether every user may read it. False where the relay keeps no such flag.
    public let isPublic: Bool
    /// What its publishers wait for: `default`, which is the relay's setting, or a durability. Nil where the relay knows of none.
    public let durability: String?
    /// What people without a token may do with it: `none`, `read`, `write`. Nil where the relay says nothing of that.
    public let anonymous: String?
    /// The users with a grant; nil for callers who may not see them.
    public let allowedUserIDs: [String]?

    init(json: JSONDocument) throws(JSONDocumentError) {
        self.topicID = try json.string("topic_id")
        self.name = try json.string("topic_name")
        self.ownerID = try json.string("owner_id")
        self.createdAt = try json.string("created_at")
        self.description = try json.optionalString("description")
        self.isPublic = json["is_public"] == .bool(true)
        self.durability = try json.optionalString("durability")
        self.anonymous = try json.optionalString("anonymous")
        self.allowedUserIDs = json["allowed_user_ids"]?.isNull ?? true ? nil : try json.strings("allowed_user_ids")
    }
}

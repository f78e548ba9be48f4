/// A named reader: where it goes on in a topic, and how far it is behind.
public struct ReaderDetails: Sendable, Hashable {
    /// The topic's name.
    public let topic: String
    /// Unique among the readers that its user has in the topic.
    public let name: String
    /// Whose it is.
    public let userID: String
    /// That user's name; nil where the relay can't find it out, or does not tell.
    public let username: String?
    /// Up to where it has acknowledged: `epoch@id`, or an id.
    public let cursor: String
    /// Messages that it has yet to acknowledge.
    public let lag: Int
    /// False where ``lag`` is an estimate.
    public let isLagExact: Bool
    /// RFC 3339, UTC, as the relay wrote it.
    public let createdAt: String
    /// When it was opened or moved last, written likewise. Not exact.
    public let usedAt: String

    init(json: JSONDocument) throws(JSONDocumentError) {
        self.topic = try json.string("topic_name")
        self.name = try json.string("reader")
        self.userID = try json.string("user_id")
        self.username = try json.optionalString("username")
        self.cursor = try json.string("cursor")
        self.lag = try json.integer("lag")
        self.isLagExact = json["lag_is_exact"] == .bool(true)
        self.createdAt = try json.string("created_at")
        self.usedAt = try json.string("used_at")
    }
}

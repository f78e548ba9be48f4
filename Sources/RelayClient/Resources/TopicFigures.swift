/// What is kept of a topic, for how long, and how many follow it.
public struct TopicFigures: Sendable, Hashable {
    /// Messages that are kept.
    public let messages: Int
    /// Of the newest message that the topic was given; nil where there was none.
    public let lastID: String?
    /// Messages that are kept at most.
    public let maxMessages: Int
    /// How long messages are kept; nil for as long as there is room.
    public let retentionSeconds: Int?
    /// Whether the relay that has answered has the topic in memory.
    public let isInMemory: Bool
    /// How many follow it at that relay.
    public let readers: Int

    init(json: JSONDocument) throws(JSONDocumentError) {
        self.messages = try json.integer("messages")
        self.lastID = try json.optionalString("last_id")
        self.maxMessages = try json.integer("max_messages")
        self.retentionSeconds = json["retention_seconds"]?.isNull ?? true ? nil : try json.integer("retention_seconds")
        self.isInMemory = json["in_memory"] == .bool(true)
        self.readers = try json.integer("readers")
    }
}

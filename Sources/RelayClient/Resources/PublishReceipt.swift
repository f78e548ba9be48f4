/// What the relay says once it has stored a message.
public struct PublishReceipt: Sendable, Hashable {
    /// Where it stands in its topic, for a repeat that of the first attempt. Nil where the topic's durability is `memory`, and so the
    /// message is not stored yet.
    public let messageID: String?
    /// The topic that has the message.
    public let topic: String
    /// RFC 3339, UTC, as the relay wrote it.
    public let timestamp: String

    init(json: JSONDocument) throws(JSONDocumentError) {
        self.messageID = try json.optionalString("message_id")
        self.topic = try json.string("topic")
        self.timestamp = try json.string("timestamp")
    }
}

/// A message as a reader gets it.
public struct RelayMessage: Sendable, Hashable {
    /// The topic that it is from.
    public let topic: String
    /// Where it stands in its topic: the cursor of a reader that has seen it.
    public let messageID: String
    /// What was published: an object.
    public let payload: JSONDocument
    /// RFC 3339, UTC, as the relay wrote it.
    public let timestamp: String
    /// Texts that go with it. Empty where there are none.
    public let metadata: [String: String]
    /// The peer that sent it, where its topic has peers: the relay's word. Nil for the relay's own messages, and elsewhere.
    public let sender: String?

    /// A message made by hand, for tests of readers.
    public init(
        topic: String,
        messageID: String,
        payload: JSONDocument,
        timestamp: String,
        metadata: [String: String] = [:],
        sender: String? = nil
    ) {
        self.topic = topic
        self.messageID = messageID
        self.payload = payload
        self.timestamp = timestamp
        self.metadata = metadata
        self.sender = sender
    }

    init(json: JSONDocument) throws(JSONDocumentError) {
        self.init(
            topic: try json.string("topic"),
            messageID: try json.string("message_id"),
            payload: try json.value("payload"),
            timestamp: try json.string("timestamp"),
            metadata: try json.texts("metadata"),
            sender: try json.optionalString("sender")
        )
    }

    static func list(_ json: JSONDocument) throws(JSONDocumentError) -> [RelayMessage] {
        var messages: [RelayMessage] = []
        for element in try json.elements("messages") { messages.append(try RelayMessage(json: element)) }
        return messages
    }
}

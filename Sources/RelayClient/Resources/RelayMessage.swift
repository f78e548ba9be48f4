/// A message as a reader gets it.
public struct RelayMessage: Sendable, Hashable {
    /// The topic that it is from.
    public let topic: String
    /// Where it stands in its topic: the cursor of a reader that has seen it.
    public let messageID: String
    /// What was published: an object, or bytes in topics whose kind takes such.
    public let content: MessageContent
    /// RFC 3339, UTC, as the relay wrote it.
    public let timestamp: String
    /// Texts that go with it. Empty where there are none.
    public let metadata: [String: String]
    /// The peer that sent it, where its topic has peers: the relay's word. Nil for the relay's own messages, and elsewhere.
    public let sender: String?
    /// Whether it stands for all messages before it as well, of which the reader gets none.
    public let isSnapshot: Bool

    /// A message made by hand, for tests of readers.
    public init(
        topic: String,
        messageID: String,
        content: MessageContent,
        timestamp: String,
        metadata: [String: String] = [:],
        sender: String? = nil,
        isSnapshot: Bool = false
    ) {
        self.topic = topic
        self.messageID = messageID
        self.content = content
        self.timestamp = timestamp
        self.metadata = metadata
        self.sender = sender
        self.isSnapshot = isSnapshot
    }

    /// The same with an object.
    public init(
        topic: String,
        messageID: String,
        payload: JSONDocument,
        timestamp: String,
        metadata: [String: String] = [:],
        sender: String? = nil
    ) {
        self.init(
            topic: topic,
            messageID: messageID,
            content: .json(payload),
            timestamp: timestamp,
            metadata: metadata,
            sender: sender
        )
    }

    init(json: JSONDocument) throws(JSONDocumentError) {
        self.init(
            topic: try json.string("topic"),
            messageID: try json.string("message_id"),
            content: try MessageContent(json: json),
            timestamp: try json.string("timestamp"),
            metadata: try json.texts("metadata"),
            sender: try json.optionalString("sender"),
            isSnapshot: json["snapshot"] == .bool(true)
        )
    }

    /// What was published: an object; bytes as a string, which is their base64.
    public var payload: JSONDocument { self.content.payload }

    static func list(_ json: JSONDocument) throws(JSONDocumentError) -> [RelayMessage] {
        var messages: [RelayMessage] = []
        for element in try json.elements("messages") { messages.append(try RelayMessage(json: element)) }
        return messages
    }
}

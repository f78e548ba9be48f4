/// What became of each message of a bulk, in the order in which they were given.
public struct BulkReceipt: Sendable, Hashable {
    /// What became of one message.
    public struct Entry: Sendable, Hashable {
        /// The topic that has the message, or was to have it.
        public let topic: String
        /// Nil where the message was rejected, or where its topic's durability is `memory`.
        public let messageID: String?
        /// Whether the relay has it.
        public let isAccepted: Bool
        /// Why it was rejected, where the relay says so.
        public let error: String?

        init(json: JSONDocument) throws(JSONDocumentError) {
            self.topic = try json.string("topic")
            self.messageID = try json.optionalString("message_id")
            self.isAccepted = try json.string("status") == "accepted"
            self.error = try json.optionalString("error")
        }
    }

    /// One for each message.
    public let entries: [Entry]

    /// How many messages were taken.
    public var acceptedCount: Int { self.entries.count { $0.isAccepted } }
    /// How many messages were not.
    public var rejectedCount: Int { self.entries.count - self.acceptedCount }

    init(json: JSONDocument) throws(JSONDocumentError) {
        var entries: [Entry] = []
        for element in try json.elements("results") { entries.append(try Entry(json: element)) }
        self.entries = entries
    }
}

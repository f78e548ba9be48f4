/// Told to a reader whose cursor points before the oldest message kept: what lay between is gone.
public struct MessageGap: Sendable, Hashable {
    public let topic: String
    /// The reader's cursor.
    public let after: String
    /// The oldest message kept, which comes next; nil where nothing is kept.
    public let resumedFrom: String?

    public init(topic: String, after: String, resumedFrom: String?) {
        self.topic = topic
        self.after = after
        self.resumedFrom = resumedFrom
    }

    init(topic: String, json: JSONDocument) throws(JSONDocumentError) {
        self.init(
            topic: topic,
            after: try json.string("after"),
            resumedFrom: try json.optionalString("resumed_from")
        )
    }
}

/// Told to a reader whose cursor points before the oldest message kept: what lay between is gone.
public struct MessageGap: Sendable, Hashable {
    /// The topic that has the gap.
    public let topic: String
    /// The reader's cursor.
    public let after: String
    /// The oldest message kept, which comes next; nil where nothing is kept.
    public let resumedFrom: String?
    /// The epoch in which the topic goes on; nil where the relay does not say.
    public let epoch: String?

    /// A gap as the relay tells it; see the properties.
    public init(topic: String, after: String, resumedFrom: String?, epoch: String? = nil) {
        self.topic = topic
        self.after = after
        self.resumedFrom = resumedFrom
        self.epoch = epoch
    }

    init(topic: String, json: JSONDocument) throws(JSONDocumentError) {
        self.init(
            topic: topic,
            after: try json.string("after"),
            resumedFrom: try json.optionalString("resumed_from"),
            epoch: try json.optionalString("epoch")
        )
    }
}

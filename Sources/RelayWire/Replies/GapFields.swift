/// Told to a reader whose cursor lies before the oldest message kept.
public struct GapFields: Hashable, Sendable {
    public var topic: String
    /// The reader's cursor.
    public var after: MessageID
    /// The oldest message kept; nil where nothing is.
    public var resumedFrom: MessageID?

    public init(topic: String, after: MessageID, resumedFrom: MessageID?) {
        self.topic = topic
        self.after = after
        self.resumedFrom = resumedFrom
    }
}

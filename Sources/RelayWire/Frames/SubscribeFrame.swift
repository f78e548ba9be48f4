/// A client's wish to get the messages of topics.
public struct SubscribeFrame: Hashable, Sendable {
    /// 1 to ``ClientFrame/maximumTopics``; each name once, in the order asked for.
    public let topics: [String]
    /// What the client calls itself, 1 to 255 characters. Nil where it gave no name.
    public let clientID: String?
    /// Where to begin in a topic without a cursor, as sent: `last`, `earliest`, or a cursor; may be none of these. Nil where the client gave
    /// none.
    public let offset: String?
    /// Topic to the id after which to begin, as sent. Only for topics of this frame.
    public let cursors: [String: String]
    /// As which named reader the client reads, see ``ReaderNaming``. Nil where it gave no name.
    public let reader: String?

    public init(
        topics: [String],
        clientID: String? = nil,
        offset: String? = nil,
        cursors: [String: String] = [:],
        reader: String? = nil
    ) {
        self.topics = topics
        self.clientID = clientID
        self.offset = offset
        self.cursors = cursors
        self.reader = reader
    }
}

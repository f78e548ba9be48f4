/// A client's wish to get the messages of topics.
public struct SubscribeFrame: Hashable, Sendable {
    /// Where the client wants to begin in a topic for which it gave no cursor.
    public enum Offset: Hashable, Sendable {
        /// With the next message to come.
        case last
        /// With the oldest message kept.
        case earliest
        /// After this message. As sent; may be no id at all.
        case after(String)

        init(_ text: String) {
            switch text {
            case "last": self = .last
            case "earliest": self = .earliest
            default: self = .after(text)
            }
        }
    }

    /// 1 to ``ClientFrame/maximumTopics``; each name once, in the order asked for.
    public let topics: [String]
    /// What the client calls itself, 1 to 255 characters. Nil where it gave no name.
    public let clientID: String?
    /// Nil where the client gave none, which means ``Offset/last``.
    public let offset: Offset?
    /// Topic to the id after which to begin, as sent. Only for topics of this frame.
    public let cursors: [String: String]

    public init(
        topics: [String],
        clientID: String? = nil,
        offset: Offset? = nil,
        cursors: [String: String] = [:]
    ) {
        self.topics = topics
        self.clientID = clientID
        self.offset = offset
        self.cursors = cursors
    }
}

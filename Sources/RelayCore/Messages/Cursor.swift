public import RelayWire

/// Where a reader stands in a topic: it has seen everything up to here, and nothing after.
public enum Cursor: Hashable, Sendable {
    /// Before the oldest message kept. A reader that starts here has missed nothing, whatever was trimmed before.
    case oldest
    /// After this id, whether or not a message with it is (or ever was) in the topic.
    case after(MessageID)

    /// A cursor that a client sent.
    ///
    /// Text that is no id (another server's `msg_…`, say) is never an error: the reader starts at the oldest message
    /// kept, since what it has seen is unknown.
    public init(clientText text: some StringProtocol) {
        self = MessageID(text).map(Cursor.after) ?? .oldest
    }

    /// The id after which messages are still to be seen.
    public var id: MessageID {
        switch self {
        case .oldest: .zero
        case .after(let id): id
        }
    }
}

/// Told to a reader whose cursor points before the oldest message kept: what lay between is gone.
public struct Gap: Hashable, Sendable {
    /// The reader's cursor.
    public let after: MessageID
    /// The oldest message kept: the first that the reader gets next. Nil where nothing is kept at all.
    public let resumedFrom: MessageID?

    public init(after: MessageID, resumedFrom: MessageID?) {
        self.after = after
        self.resumedFrom = resumedFrom
    }
}

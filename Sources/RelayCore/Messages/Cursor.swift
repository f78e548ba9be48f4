public import RelayWire

/// Where a reader stands in a topic: it has seen everything up to here, and nothing after.
public enum Cursor: Hashable, Sendable {
    /// Before the oldest message kept. A reader that starts here has missed nothing, whatever was trimmed before.
    case oldest
    /// After this id, whether or not a message with it is (or ever was) in the topic.
    case after(MessageID)
    /// After this id of the history that this epoch names. In another epoch messages may have been missed.
    case inEpoch(UInt64, after: MessageID)

    /// A cursor that a client sent: an id, or `epoch@id`.
    ///
    /// Text that is neither (another server's `msg_…`, say) is never an error: the reader starts at the oldest message
    /// kept, since what it has seen is unknown.
    public init(clientText text: some StringProtocol) {
        guard let mark = text.utf8.firstIndex(of: UInt8(ascii: "@")) else {
            self = MessageID(text).map(Cursor.after) ?? .oldest
            return
        }
        guard let epoch = StreamEpoch.id(text[..<mark]), let id = MessageID(text[text.index(after: mark)...]) else {
            self = .oldest
            return
        }
        self = .inEpoch(epoch, after: id)
    }

    /// The id after which messages are still to be seen.
    public var id: MessageID {
        switch self {
        case .oldest: .zero
        case .after(let id), .inEpoch(_, after: let id): id
        }
    }

    /// Where a reader with this cursor begins in a stream.
    ///
    /// - Returns: the id after which it reads, and the cursor after which messages may be gone, if it must be told so.
    func place(in bounds: StreamBounds) -> (start: MessageID, gapFrom: MessageID?) {
        switch self {
        case .oldest: (bounds.trimmedThrough, nil)
        case .after(let id): (id, nil)
        case .inEpoch(bounds.epoch.id, after: let id) where bounds.epoch.id != StreamEpoch.none.id: (id, nil)
        case .inEpoch(_, after: let id): (min(id, bounds.epoch.start), id)
        }
    }
}

/// Told to a reader whose cursor points before the oldest message kept, or into another history: what lay between may be gone.
public struct Gap: Hashable, Sendable {
    /// The reader's cursor.
    public let after: MessageID
    /// The oldest message kept: the first that the reader gets next. Nil where nothing is kept at all.
    public let resumedFrom: MessageID?
    /// The id of the epoch now in force, in which the reader goes on; 0 where there is none.
    public let epoch: UInt64

    public init(after: MessageID, resumedFrom: MessageID?, epoch: UInt64 = StreamEpoch.none.id) {
        self.after = after
        self.resumedFrom = resumedFrom
        self.epoch = epoch
    }

    /// The epoch as clients see it; nil where there is none.
    public var epochText: String? { StreamEpoch.told(self.epoch) }
}

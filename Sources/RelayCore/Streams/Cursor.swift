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
    /// Text that is neither, such as another server's `msg_…`, is never an error. The reader starts at the oldest
    /// message kept, since what it has seen is unknown.
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
    /// A plain id in a hole comes from the history that lost it, or from a relay that did not know of the loss yet.
    /// So its reader may have missed some of the hole. A cursor with the epoch in force may stand at a hole's end:
    /// the stream ended there when its reader came, and that reader has missed nothing.
    func place(in bounds: StreamBounds) -> ReaderPlace {
        let epoch = bounds.epoch
        switch self {
        case .oldest:
            let start = bounds.trimmedThrough
            return ReaderPlace(start: start, holes: epoch.holes(from: start).filter { $0.after > start })
        case .after(let id):
            let isInHole = epoch.holes.contains { $0.after < id && id <= $0.through }
            return ReaderPlace(start: id, gapFrom: isInHole ? id : nil, holes: epoch.holes(from: id))
        case .inEpoch(epoch.id, after: let id) where epoch.id != StreamEpoch.none.id:
            let isInHole = epoch.holes.contains { $0.after < id && id < $0.through }
            return ReaderPlace(start: id, gapFrom: isInHole ? id : nil, holes: epoch.holes(from: id))
        case .inEpoch(_, after: let id):
            let start = min(id, epoch.start)
            return ReaderPlace(start: start, gapFrom: id, holes: epoch.holes(from: start))
        }
    }
}

/// Where a reader begins in a stream.
struct ReaderPlace {
    /// The id after which it reads.
    let start: MessageID
    /// The cursor after which messages may be gone, if it must be told so.
    var gapFrom: MessageID?
    /// What it has yet to pass, and must be told of then.
    var holes: [StreamHole] = []
}

/// What a reader is told before its next message: what lay between may be gone. Its cursor points before the oldest message kept, before
/// a ``StreamHole``, before what can't be read back, or into another history.
public struct Gap: Hashable, Sendable {
    /// The reader's cursor.
    public let after: MessageID
    /// The first message that the reader gets next. Nil where there is none.
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

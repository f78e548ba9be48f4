import NIOCore
import RelayAccess
import RelayCore
import RelayDocuments
import RelayEditing

/// What a ``DocumentMember`` speaks to its client by: a WebSocket, or something else that carries a protocol for documents. Says the same
/// things in its own frames. Called on its loop.
protocol DocumentLine: DocumentConnection {
    func send(_ reply: DocumentReply, from member: DocumentMember)

    /// The member follows the document. What it sends after this it sends in its own order.
    func began(_ member: DocumentMember)

    /// The next messages of the document or of its awareness: goes out with the next ``DocumentConnection/flush()``.
    func deliver(_ batch: Batch, of part: DocumentPart, to member: DocumentMember)

    /// What became of an update that the client has sent: exactly one for each.
    func settled(_ outcome: UpdateOutcome, from member: DocumentMember)

    /// The member's token expires soon.
    func expiring(_ member: DocumentMember)

    /// The member gets nothing any more.
    func ended(_ member: DocumentMember, _ end: DocumentEnd)
}

extension DocumentLine {
    /// Most protocols have no words for it.
    func expiring(_ member: DocumentMember) {}
}

/// What a client is told beside the stream.
enum DocumentReply {
    /// What the relay has: the client answers with what it has beyond.
    case step1(StateVector)
    /// What the client lacked, an update.
    case step2([UInt8])
    /// An update of its own of which nothing was new.
    case echo(ByteBuffer)
    case awareness([AwarenessEntry])
    /// What another client of the same protocol has told the others beside the document.
    case told([UInt8])
    /// An update was not taken, and why; not each time.
    case denied(UpdateRefusal)
}

/// What became of a client's update.
enum UpdateOutcome: Hashable {
    /// It is stored as durably as the document promises, or nothing of it was new.
    case applied
    case refused
    /// The store could not take it now: the client is asked for it once more.
    case unstored
}

/// Counts the protocol's messages in one of a WebSocket, which are handled in one go. Clients send one, or a few.
struct FrameCount {
    private static let most = 256

    private var count = 0

    /// - Throws: `tooLarge` with one too many.
    mutating func next() throws(DocumentError) {
        self.count += 1
        guard self.count <= Self.most else { throw .tooLarge }
    }
}

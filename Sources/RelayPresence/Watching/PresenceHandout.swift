public import NIOCore
public import RelayCore

/// What watchers are handed: who is on a topic, or what has changed. It is made once for all watchers of a loop that stand at the same place,
/// and encoded at most once for each wire format. Made and used on one loop.
public final class PresenceHandout {
    public enum Content {
        /// All who are there, in the order of their connections' ids. It takes the place of whatever the watcher knew.
        case sync([PresenceMember])
        /// At least one, of each member at most one, in the order in which they were told last.
        case changes([PresenceChange])
    }

    /// The topic that the members are on: not the one that their presence is stored in.
    public let topic: TopicName
    public let content: Content
    /// After it.
    public let counts: PresenceCounts
    /// Where the watcher stands after it: what a poll goes on from.
    public let cursor: Cursor

    private var encodings: [Encoding] = []
    /// Of changes, by the connections that they are about. Made when it is asked for first.
    private lazy var places = self.makePlaces()
    /// Of what keeps it for others; nil where nobody does.
    private let charge: HandoutCharge?

    private struct Encoding {
        let format: ObjectIdentifier
        let bytes: ByteBuffer
        /// Where each change ends, for formats that write each by itself.
        var ends: [Int] = []
    }

    init(
        topic: TopicName,
        content: Content,
        counts: PresenceCounts,
        cursor: Cursor,
        charge: HandoutCharge? = nil
    ) {
        self.charge = charge
        self.topic = topic
        self.content = content
        self.counts = counts
        self.cursor = cursor
    }

    /// All of it in `format`. Those who take it whole share the bytes.
    public func encoded<Format: PresenceFormat>(as format: Format.Type) -> ByteBuffer {
        let identifier = ObjectIdentifier(format)
        if let known = self.encodings.first(where: { $0.format == identifier }) { return known.bytes }
        let bytes = Format.encode(self)
        self.charge?.add(bytes.readableBytes)
        self.encodings.append(Encoding(format: identifier, bytes: bytes))
        return bytes
    }

    /// The same without what is told of one connection: for protocols whose clients do not hear of themselves. A sync stays whole. The bytes
    /// are everybody's.
    ///
    /// - Returns: what is before that and what is behind it, as far as there is something.
    public func encoded<Format: PresencePieceFormat>(
        as format: Format.Type,
        leavingOut connection: ConnectionID
    ) -> [ByteBuffer] {
        guard case .changes(let changes) = self.content else { return [self.encoded(as: format)] }
        let encoding = self.pieces(of: changes, as: format)
        guard let place = self.places[connection] else { return [encoding.bytes] }
        let start = place > 0 ? encoding.ends[place - 1] : 0
        var (before, behind) = (encoding.bytes, encoding.bytes)
        before.moveWriterIndex(to: before.readerIndex + start)
        behind.moveReaderIndex(forwardBy: encoding.ends[place])
        return [before, behind].filter { $0.readableBytes > 0 }
    }

    private func pieces<Format: PresencePieceFormat>(of changes: [PresenceChange], as format: Format.Type) -> Encoding {
        let identifier = ObjectIdentifier(format)
        let known = self.encodings.first { $0.format == identifier && !$0.ends.isEmpty }
        if let known { return known }
        let (bytes, ends) = Format.encode(changes, on: self.topic)
        let encoding = Encoding(format: identifier, bytes: bytes, ends: ends)
        self.charge?.add(bytes.readableBytes + changes.count * Self.placeCost)
        self.encodings.append(encoding)
        return encoding
    }

    /// Of one place in ``places``, and of one end.
    private static let placeCost = 64

    private func makePlaces() -> [ConnectionID: Int] {
        guard case .changes(let changes) = self.content else { return [:] }
        var places: [ConnectionID: Int] = [:]
        places.reserveCapacity(changes.count)
        for (index, change) in changes.enumerated() { places[change.member.connection] = index }
        return places
    }
}

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

    private var encodings: [(format: ObjectIdentifier, bytes: ByteBuffer)] = []
    /// Of what keeps it for others; nil where nobody does.
    private let charge: HandoutCharge?

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
        self.encodings.append((identifier, bytes))
        return bytes
    }

    /// The same without what is told of one connection: for protocols whose clients do not hear of themselves. A sync stays whole.
    ///
    /// - Returns: nil where nothing is left.
    public func leavingOut(_ connection: ConnectionID) -> PresenceHandout? {
        guard case .changes(let changes) = self.content,
            changes.contains(where: { $0.member.connection == connection })
        else { return self }
        let others = changes.filter { $0.member.connection != connection }
        guard !others.isEmpty else { return nil }
        return PresenceHandout(topic: self.topic, content: .changes(others), counts: self.counts, cursor: self.cursor)
    }
}

/// How an edge writes what watchers are handed.
public protocol PresenceFormat {
    static func encode(_ handout: PresenceHandout) -> ByteBuffer
}

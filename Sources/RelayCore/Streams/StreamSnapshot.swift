public import NIOCore
public import RelayWire

/// A message that takes the place of one in a stream, and stands for that and for all before it.
///
/// So a stream whose messages add up to a state, a document's updates say, need not be read from its beginning. A reader whose cursor lies
/// before the snapshot gets the snapshot and then what follows it, and is told of no gap: it misses nothing. A reader at or behind the snapshot's
/// id notices nothing. For streams of tier `kept` that are not compacted by key.
///
/// What it stands for is *superseded*. That is kept for as long as ``Retention/maxSupersededAgeSeconds`` says, for those who ask for it by
/// ``ReadRequest/includesSuperseded``. The first message that is kept is then either the stream's first one, or an earlier snapshot.
public struct StreamSnapshot: Sendable {
    public let topic: TopicKey
    /// Of the message whose place it takes, with its timestamp and sender.
    public let id: MessageID
    public let payload: ByteBuffer
    public let format: PayloadFormat
    /// What its maker knows of the stream. Of another epoch nothing is replaced.
    public let known: StreamBounds
    /// The topic's. What is superseded for longer than it says goes at once.
    public let retention: Retention
    public let now: Timestamp

    public init(
        topic: TopicKey,
        id: MessageID,
        payload: ByteBuffer,
        format: PayloadFormat,
        known: StreamBounds,
        retention: Retention,
        now: Timestamp
    ) {
        self.topic = topic
        self.id = id
        self.payload = payload
        self.format = format
        self.known = known
        self.retention = retention
        self.now = now
    }
}

/// What became of a ``StreamSnapshot``.
public enum SnapshotOutcome: Sendable {
    /// It is stored, and survives what the store's ``MessageStore/durability`` says. With the stream's bounds, whose ends it has not changed.
    case stored(StreamBounds)
    /// Nothing was stored: the stream has another epoch, no message of that id, or a snapshot at it or behind it.
    case outdated
}

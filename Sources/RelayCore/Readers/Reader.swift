public import RelayWire

/// A cursor on a topic's stream, and the connection that it belongs to.
///
/// Lives on one event loop and is moved by that loop's ``LoopReaders`` alone.
public final class Reader {
    enum Phase {
        /// Registered, and not started yet. Left by ``LoopReaders/start(_:)``.
        case joined
        /// At its group's position: the next slice of the stream goes to it. The index is its place among the live readers.
        case live(index: Int)
        /// Is being moved on right now. What its sink does from inside of a delivery does not move it a second time.
        case advancing
        /// Waits for its sink to have room; its cursor stays. Left by ``LoopReaders/resume(_:)``.
        case blocked
        /// Waits for a page from the store.
        case reading
        /// Goes on when its group next looks at the topic, which has changed hands or begun another history.
        case yielded
        /// Goes on in one of the loop's next turns, after those that came before it.
        case queued
        /// Its cursor lies past what its group has reached, or in another history: waits until the stream gets there.
        case ahead
        /// Will get nothing any more. Final.
        case ended
    }

    // A delivery touches these: they come first, so that they lie together.

    /// There for as long as the reader may be handed something. The two hold each other until the sink lets go of a reader that has left or
    /// was ended, which every sink does.
    let sink: any ReaderSink
    var phase = Phase.joined
    /// What its stream has lost further on, in the order of ids: it is told when it gets there. While it is live there are none, unless
    /// its topic's history has just changed.
    var holes: [StreamHole]
    /// Set while the reader has yet to be told that messages after this cursor are gone.
    var gapFrom: MessageID?

    public let topic: Topic
    /// Set by the edge, for itself.
    public let tag: Int
    /// As which peer it reads; nil for who reads as none, and in topics without peers.
    let peer: PeerStanding?
    /// Where it stands, unless it is live: then its group's position is.
    public internal(set) var cursor: MessageID
    /// The id of the epoch that its cursor is in; 0 while its topic has had no message.
    public internal(set) var epoch: UInt64
    /// The client's own cursor, while nothing was delivered and its epoch is one that this relay has not heard of: it may be the newer.
    var claim: (epoch: UInt64, id: MessageID)?
    /// The topic's count of deletions when it joined.
    let deletions: UInt64

    init(
        topic: Topic,
        tag: Int,
        sink: any ReaderSink,
        peer: PeerStanding?,
        place: ReaderPlace,
        epoch: UInt64,
        deletions: UInt64
    ) {
        self.topic = topic
        self.tag = tag
        self.sink = sink
        self.peer = peer
        self.cursor = place.start
        self.gapFrom = place.gapFrom
        self.holes = place.holes
        self.epoch = epoch
        self.deletions = deletions
    }

    /// Who reads, as the user is now; nil where the user may no longer do anything.
    var principal: Principal? { self.sink.principal?.acting(as: self.peer) }

    /// Puts it where its cursor lies in another history of its topic.
    func stand(at place: ReaderPlace) {
        self.cursor = place.start
        self.gapFrom = place.gapFrom
        self.holes = place.holes
    }

    /// The epoch in which its client knows its cursor to be. Nil while the topic has none. Nil too while a gap is still to be told: the
    /// client must come back with what it has, or the gap would be lost with the connection.
    public var toldEpoch: UInt64? {
        if let claim = self.claim { return claim.epoch }
        return self.gapFrom == nil && self.epoch != StreamEpoch.none.id ? self.epoch : nil
    }

    /// Where its client would come back to if it left before anything was delivered.
    public var toldCursor: MessageID { self.claim?.id ?? self.gapFrom ?? self.cursor }

    /// Whether it waits for the store or for its next turn. Its sink may then have got less than there is.
    public var isReading: Bool {
        switch self.phase {
        case .reading, .yielded, .queued, .advancing, .joined: true
        case .live, .blocked, .ahead, .ended: false
        }
    }

    var hasEnded: Bool {
        if case .ended = self.phase { return true }
        return false
    }

    /// Whether messages after its cursor may be waiting until its sink has room.
    public var isBlocked: Bool {
        if case .blocked = self.phase { return true }
        return false
    }
}

extension Reader {
    /// What its peer is called where it counts as present; nil for readers that are no peers.
    var presenceName: Deadline.Name? {
        guard let peer = self.peer else { return nil }
        return Deadline.Name(topic: self.topic.root ?? self.topic.key, peer: peer.id)
    }
}

/// The connection end of readers: a WebSocket, a waiting poll, an event stream. Called on its loop only.
public protocol ReaderSink: AnyObject {
    /// Who reads, as the user is now; nil where the user may no longer do anything.
    var principal: Principal? { get }

    /// How many messages the reader may be handed now; 0 leaves them in the stream until ``LoopReaders/resume(_:)``.
    func capacity(for reader: Reader) -> Int

    /// What was between the reader's cursor and the next batch is gone. Called right before that batch.
    func deliver(_ gap: Gap, to reader: Reader)

    /// The next messages after the reader's cursor; never more than its capacity.
    func deliver(_ batch: Batch, to reader: Reader)

    /// The reader will get nothing any more; it has left.
    func readerEnded(_ reader: Reader, _ reason: ReaderEnd)

    /// The turn is over: send what was delivered. Called once or more after deliveries, and when a reader has been handed all that there
    /// is, or all that its capacity allows.
    func flush()
}

/// Why a reader was ended.
public enum ReaderEnd: Hashable, Sendable {
    /// Its user may no longer read the topic.
    case accessLost
    case topicDeleted
    /// The store could not be read. The client may connect again with its cursor.
    case storeFailed(StoreError)
}

/// Where a reader begins.
public enum ReaderStart: Hashable, Sendable {
    /// With the next message that is published.
    case tail
    case cursor(Cursor)
}

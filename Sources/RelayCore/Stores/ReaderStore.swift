public import RelayWire

/// Where named readers stand. Positions of readers that are gone are nowhere: a reader goes with its topic, and with its user.
///
/// A move is safe to repeat, and moves of one reader may come in any order: without ``ReaderMove/isForced`` they only go forward.
public protocol ReaderStore: Sendable {
    /// Keeps a reader that there is not yet; one atomic step.
    func createReader(_ reader: StoredReader, within quota: ReaderQuota) async throws(StoreError) -> ReaderCreation

    /// - Returns: nil where there is no such reader.
    func reader(_ reader: NamedReader) async throws(StoreError) -> StoredReader?

    /// Moves readers, each as one atomic step.
    ///
    /// - Returns: where each stands then, in the order of the moves; nil for readers that are gone.
    func moveReaders(_ moves: [ReaderMove]) async throws(StoreError) -> [ReaderPosition?]

    /// A topic's readers, ordered by user and then by name, byte by byte; at most `limit`.
    ///
    /// - Parameters:
    ///   - user: whose; nil for all users'.
    ///   - reader: the page begins after its place, whether or not it is there; nil for the first page. Its topic doesn't matter.
    func readers(
        of topic: TopicKey,
        ofUser user: UserID?,
        after reader: NamedReader?,
        limit: Int
    ) async throws(StoreError) -> [StoredReader]

    /// - Returns: whether there was such a reader.
    func deleteReader(_ reader: NamedReader) async throws(StoreError) -> Bool

    /// Deletes the readers that were used last before a moment.
    func sweepReaders(unusedSince moment: Timestamp) async throws(StoreError)
}

/// A named reader as it is stored.
public struct StoredReader: Hashable, Sendable {
    public let reader: NamedReader
    public var position: ReaderPosition
    public let createdAt: Timestamp
    /// When it was made, moved or found by its client last. Not exact: see ``ReaderCursors``.
    public var usedAt: Timestamp

    public init(reader: NamedReader, position: ReaderPosition, createdAt: Timestamp, usedAt: Timestamp) {
        self.reader = reader
        self.position = position
        self.createdAt = createdAt
        self.usedAt = usedAt
    }
}

/// To where a reader is to be moved.
public struct ReaderMove: Hashable, Sendable {
    public let reader: NamedReader
    public let position: ReaderPosition
    /// Becomes the reader's ``StoredReader/usedAt``, also where the reader is further on already.
    public let at: Timestamp
    /// Whether it may go back.
    public let isForced: Bool

    public init(reader: NamedReader, to position: ReaderPosition, at moment: Timestamp, isForced: Bool = false) {
        self.reader = reader
        self.position = position
        self.at = moment
        self.isForced = isForced
    }
}

extension StoredReader {
    /// Where the reader is after a move of it.
    public func moved(by move: ReaderMove) -> StoredReader {
        var moved = self
        if move.isForced || self.position.isMoved(by: move.position) { moved.position = move.position }
        moved.usedAt = move.at
        return moved
    }
}

/// How many named readers there may be. Checked in the step that makes one.
public struct ReaderQuota: Hashable, Sendable {
    /// Which of its bounds is reached.
    public enum Bound: Hashable, Sendable {
        case ofTopic
        case ofUser
    }

    /// Of one topic, all users' together. Default 1,000.
    public var maxPerTopic: Int
    /// Of one user, on all topics together. Default 1,000.
    public var maxPerUser: Int

    public init(maxPerTopic: Int = 1_000, maxPerUser: Int = 1_000) {
        self.maxPerTopic = maxPerTopic
        self.maxPerUser = maxPerUser
    }

    /// - Parameters:
    ///   - topicCount: readers that the topic has.
    ///   - userCount: readers that the user has.
    /// - Returns: the bound that one more reader would exceed.
    public func refusal(topicCount: Int, userCount: Int) -> Bound? {
        if topicCount >= self.maxPerTopic { return .ofTopic }
        return userCount >= self.maxPerUser ? .ofUser : nil
    }
}

/// What became of the creation of a named reader.
public enum ReaderCreation: Hashable, Sendable {
    case created
    /// There was one: nothing was changed.
    case existed(StoredReader)
    /// There is no such topic: nothing was stored.
    case topicMissing
    /// Nothing was stored.
    case refused(ReaderQuota.Bound)
}

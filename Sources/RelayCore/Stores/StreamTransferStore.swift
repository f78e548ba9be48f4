public import RelayWire

/// Streams as a whole, for filling one store from another: which there are, and how they come to be with the ids and epochs that they had.
public protocol StreamTransferStore: Sendable {
    /// A page of all streams, also of those whose topic is gone. In whatever order the store has them, the same each time; one may come twice.
    ///
    /// - Parameters:
    ///   - place: the ``StreamListing/next`` of the page before; nil for the first page.
    ///   - limit: about how many.
    /// - Throws: `corrupt` where the place is none of this store's.
    func streams(after place: String?, limit: Int) async throws(StoreError) -> StreamListing

    /// Stores the next part of a stream as it was elsewhere; one atomic step. Nobody is told of it, so no relay may be using the stream.
    ///
    /// - Returns: the stream's bounds, or what is there where the part does not fit: see ``StreamPart/after``.
    func importStream(_ part: StreamPart) async throws(StoreError) -> StreamImportOutcome
}

/// A page of streams.
public struct StreamListing: Hashable, Sendable {
    /// One of them.
    public struct Entry: Hashable, Sendable {
        public let key: TopicKey
        /// Whether it lives for a moment only: see ``StreamTier/hot``. Told by stores that keep such streams.
        public let isHot: Bool

        public init(key: TopicKey, isHot: Bool = false) {
            self.key = key
            self.isHot = isHot
        }
    }

    public let entries: [Entry]
    /// Where the next page begins; nil for the last one.
    public let next: String?

    public init(entries: [Entry], next: String?) {
        self.entries = entries
        self.next = next
    }
}

/// A stretch of a stream, on its way to another store.
public struct StreamPart: Sendable {
    public let topic: TopicKey
    /// The stream's. A store that keeps no holes leaves them out.
    public let epoch: StreamEpoch
    /// What the stream there must have got to, in this epoch: ``MessageID/zero`` for the first part, before which there must be no stream.
    public let after: MessageID
    /// Ascending, behind `after`. A snapshot stands for all before it.
    public let messages: [Message]
    /// See ``StreamBounds/trimmedThrough``.
    public let trimmedThrough: MessageID
    /// The newest id given out by then: that of the last message, and for the last part of the stream what ``StreamBounds/last`` says.
    public let last: MessageID

    public init(
        topic: TopicKey,
        epoch: StreamEpoch,
        after: MessageID,
        messages: [Message],
        trimmedThrough: MessageID,
        last: MessageID
    ) {
        precondition(last >= messages.last?.id ?? .zero, "a stream ends at its last message or behind it")
        self.topic = topic
        self.epoch = epoch
        self.after = after
        self.messages = messages
        self.trimmedThrough = trimmedThrough
        self.last = last
    }

    /// The messages' ``Message/memoryCost``, in bytes.
    public var memoryCost: Int { self.messages.reduce(0) { $0 + $1.memoryCost } }

    /// Whether the part goes on what a store has.
    public func follows(_ bounds: StreamBounds) -> Bool {
        if bounds.epoch.id == self.epoch.id { return bounds.last == self.after }
        return self.after == .zero && bounds.last == .zero && bounds.count == 0
    }
}

/// What became of a ``StreamPart``.
public enum StreamImportOutcome: Hashable, Sendable {
    /// It survives what the store's ``MessageStore/durability`` says.
    case stored(StreamBounds)
    /// The stream is not where the part goes on. Nothing was stored.
    case unexpected(StreamBounds)
}

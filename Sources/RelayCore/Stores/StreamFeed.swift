public import RelayWire

/// Tells this relay what others store in the streams that it follows. Only a store that several relays share has one.
public protocol StreamFeed: Sendable {
    /// Sets whom to tell. Called once, before the first ``listen(to:)``.
    ///
    /// - Parameter listener: called on any thread; for one topic in the order of the stream, one call at a time.
    func start(_ listener: @escaping @Sendable (StreamNews) -> Void)

    /// Returns once everything that is stored in the topic from now on will be told, whichever relay stores it. Harmless where
    /// that is so already.
    ///
    /// - Throws: where the store can't promise it: call ``stopListening(to:)``, and try again later.
    func listen(to key: TopicKey) async throws(StoreError)

    /// Ends what ``listen(to:)`` began. News that is on its way may still be told. Harmless where nothing is listened to.
    func stopListening(to key: TopicKey)

    /// The stream's bounds now.
    ///
    /// - Parameter known: what this relay knows of the stream. If the store has less in the same epoch, it has lost
    ///   the newest messages. Then the stream first gets a new epoch, and no id up to `known.last` is given out
    ///   again.
    /// - Throws: where the store can't be asked: ask again later.
    func position(of key: TopicKey, known: StreamBounds) async throws(StoreError) -> StreamBounds
}

/// What a ``StreamFeed`` tells.
public enum StreamNews: Sendable {
    /// Something was stored in the topic, or trimmed from it.
    case grew(TopicKey, StreamGrowth)
    /// News of these topics may have been lost: ask for their positions.
    case missed([TopicKey])
}

/// What one append, or a trimming, did to a stream.
public struct StreamGrowth: Sendable {
    /// The stream's newest id before it. A reader of the news whose newest id is older has missed something.
    public let previous: MessageID
    /// Ascending: all that the append stored, or none of it, where that was too much to come along. Then ``bounds`` end behind ``previous``,
    /// and the messages are to be read. None for a trimming, which ends where it began.
    public let messages: [Message]
    /// After it.
    public let bounds: StreamBounds

    public init(previous: MessageID, messages: [Message], bounds: StreamBounds) {
        self.previous = previous
        self.messages = messages
        self.bounds = bounds
    }

    /// That the stream has got as far as `bounds`, by whatever was stored: there are no messages with the news.
    public init(upTo bounds: StreamBounds) {
        self.init(previous: bounds.last, messages: [], bounds: bounds)
    }

    /// Whether the stream holds more messages than before, here or not.
    var isAppend: Bool { !self.messages.isEmpty || self.bounds.last > self.previous }

    /// Up to here the stream must be known before this news can be taken: what it tells of without bringing it has to be read, too.
    var needed: MessageID { self.messages.isEmpty ? self.bounds.last : self.previous }
}

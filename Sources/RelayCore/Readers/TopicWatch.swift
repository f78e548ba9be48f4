public import NIOCore

/// Hears that topics have something new, without being handed it: for who reads them by pages, such as ``Broker/history(of:_:cursor:limit:maxBytes:as:)``.
///
/// A topic that is watched stays in memory, and is followed, as if it had a reader.
public final class TopicWatch: ReadingLoop {
    private let news: @Sendable (Topic) -> Void

    /// - Parameter news: called on any thread, never under a lock, once for any number of changes: until the next ``rearm(_:)``.
    public init(_ news: @escaping @Sendable (Topic) -> Void) {
        self.news = news
    }

    /// Begins to watch.
    ///
    /// - Returns: false where the topic has left memory: find it again.
    public func begin(_ topic: Topic) -> Bool { topic.attach(self) != nil }

    /// Lets itself be told again. To be called before the topic is read, so that nothing escapes who reads it.
    public func rearm(_ topic: Topic) { topic.unmark(self) }

    /// Ends what ``begin(_:)`` began.
    public func end(_ topic: Topic) { topic.detach(self) }

    public func topicChanged(_ topic: Topic) { self.news(topic) }

    public func willFlush() {}

    public func comeBack() {}

    public func gather(for time: TimeAmount) {}
}

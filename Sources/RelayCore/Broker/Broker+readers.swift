import Synchronization

/// Which topics are read here.
extension Broker {
    /// Whether other relays write to the store too.
    public var isShared: Bool { self.feed != nil }

    /// Whether somebody reads the topic on this relay now. Who only watches it does not count.
    public func hasReaders(_ key: TopicKey) -> Bool { self.table.find(key)?.hasReaders ?? false }

    /// The topics in memory that somebody reads on this relay now. It looks at all topics in memory: ``takeReaderNews()`` says when that is due.
    public func topicsWithReaders() -> [TopicKey] {
        self.table.all.filter(\.hasReaders).map(\.key)
    }

    /// The topics that have got their first reader here, or lost their last one, since the call before. For one caller alone.
    ///
    /// - Returns: nil where not all are known, as at first: look at ``topicsWithReaders()`` then.
    public func takeReaderNews() -> Set<TopicKey>? { self.readerNews.take() }

    /// Nobody asks by ``takeReaderNews()`` for the time being: nothing is noted until then.
    public func endReaderNews() { self.readerNews.end() }
}

extension Topic {
    var hasReaders: Bool { self.state.withLock { $0.hasReaders } }
}

extension TopicState {
    var hasReaders: Bool { self.loops.contains { !($0.loop is TopicWatch) } }
}

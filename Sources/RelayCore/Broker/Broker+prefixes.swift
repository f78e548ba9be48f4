import RelayWire

/// Finding topics by how their names begin.
extension Broker {
    /// What a topic's kind decides on it as it was read from the store.
    public func decision(on topic: StoredTopic, _ action: TopicAction, by principal: Principal) -> AccessDecision {
        let key = topic.record.key
        let behavior = self.catalog.behavior(of: key.name)
        return self.decision(on: key, behavior, TopicAccess(topic, behavior), action, by: principal)
    }

    /// Plain topics whose names begin so, by key. What is no plain topic is left out.
    ///
    /// - Parameters:
    ///   - prefix: not empty. A prefix without a `/` finds only names without one.
    ///   - user: who means them, where names are per owner.
    ///   - key: the page begins after it; nil for the first page.
    ///   - limit: topics in the page.
    /// - Returns: the topics, and after which key the next page begins; nil where this is the last one.
    /// - Throws: `store`.
    public func topics(
        beginning prefix: String,
        for user: UserID,
        after key: TopicKey?,
        limit: Int
    ) async throws(BrokerError) -> (topics: [StoredTopic], next: TopicKey?) {
        let first = self.catalog.key(of: TopicName(path: prefix), for: user)
        var topics: [StoredTopic] = []
        if key == nil,
            let exact = try await self.reading({ () async throws(StoreError) in try await self.store.topic(first) })
        {
            topics.append(exact)
        }
        let page = try await self.reading { () async throws(StoreError) in
            try await self.store.topics(after: key ?? first, limit: limit)
        }
        let found = page.prefix { $0.record.key.description.utf8.starts(with: first.description.utf8) }
        let isPath = prefix.utf8.contains(UInt8(ascii: "/"))
        topics += found.lazy.filter { $0.record.key.name.isPlain && (isPath || !$0.record.key.name.isPath) }
        return (topics, found.count == limit ? found.last?.record.key : nil)
    }
}

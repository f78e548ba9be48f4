import RelayWire

/// Topics that come to be by a publish to their name.
extension Broker {
    /// What became of a first publish.
    enum FirstPublish {
        /// It created its topic, and all its messages are stored.
        case stored([Publication])
        /// Somebody else was first: nothing was stored, and the publisher's leave is to be decided again.
        case existed(Topic)
    }

    /// Creates the topic of a publish together with its messages: private, and owned by the publisher, if the kind allows that.
    ///
    /// - Throws: what turned the publish down as a whole.
    func publishFirst(
        _ drafts: [Draft],
        to key: TopicKey,
        as principal: Principal
    ) async throws(BrokerError) -> FirstPublish {
        try await self.topicLock.withLock(key) { () async throws(BrokerError) in
            let (known, missing) = try await self.lookUp(key, forPublishOf: principal)
            guard let missing else { return .existed(known) }
            let topic = try await self.reading { () async throws(StoreError) in try await self.closed(key) }
            return try await self.create(topic, as: missing, with: drafts)
        }
    }

    /// Gets one of several topics of a publish, each of which has to be there before any of them gets a message: as it is, or new and
    /// empty, private, and owned by the publisher, if the kind allows that.
    func topicOrCreated(_ key: TopicKey, byPublishOf principal: Principal) async throws(BrokerError) -> Topic {
        try await self.topicLock.withLock(key) { () async throws(BrokerError) in
            let (topic, missing) = try await self.lookUp(key, forPublishOf: principal)
            guard let missing else { return topic }
            let creation = try await self.reading { () async throws(StoreError) in
                try await self.store.createTopic(missing, within: self.limits.topics)
            }
            switch creation {
            case .created(let stored), .existed(let stored): topic.apply(stored)
            case .refused(let bound): throw self.refusal(bound)
            }
            return topic
        }
    }

    /// The topic, and the record to create it with where it does not exist and the publisher may make it. The caller holds its key's lock.
    private func lookUp(
        _ key: TopicKey,
        forPublishOf principal: Principal
    ) async throws(BrokerError) -> (topic: Topic, missing: TopicRecord?) {
        let topic = try await self.reading { () async throws(StoreError) in try await self.load(key) }
        guard topic.access.record == nil else { return (topic, nil) }
        try self.authorize(principal, .create, topic.behavior, .missing)
        let description = "Auto-created topic by \(principal.username)"
        return (topic, self.record(key, isPublic: false, description: description, by: principal))
    }

    /// - Parameter topic: is closed, and opened again by this. The caller holds its key's lock.
    private func create(
        _ topic: Topic,
        as record: TopicRecord,
        with drafts: [Draft]
    ) async throws(BrokerError) -> FirstPublish {
        let batch = topic.firstBatch(drafts)
        let first: FirstAppend
        do throws(StoreError) {
            first = try await self.store.createTopic(record, within: self.limits.topics, appending: batch)
        } catch {
            topic.abandonCreation(error)
            if error.code != .unavailable { await self.lookAgain(topic) }
            // The topic was made, on a stream that was not the known one: it is published to as to any other.
            if error.code == .superseded { return .existed(topic) }
            throw .store(error)
        }
        switch first {
        case .created(let stored, let receipt):
            topic.finishCreation(stored, drafts, receipt)
            self.reclaimMemoryIfNeeded()
            return .stored(receipt.stored.map { Publication($0, topic.awaitedDurability) })
        case .existed(let stored):
            topic.apply(stored)
            topic.reopen()
            return .existed(topic)
        case .refused(let bound):
            topic.reopen()
            throw self.refusal(bound)
        }
    }

    /// Reads a topic that may have been created. While that can't be read nobody is let in as if it were missing. Relays that share a
    /// store are told of the creation.
    private func lookAgain(_ topic: Topic) async {
        do throws(StoreError) {
            try await self.refresh(topic.key)
        } catch {
            guard self.feed == nil else { return }
            self.table.remove(topic)
            topic.discard(since: error)
        }
    }
}

import RelayWire

/// The first publish to a name.
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
            let known = try await self.reading { () async throws(StoreError) in try await self.load(key) }
            guard known.access.record == nil else { return .existed(known) }
            try self.authorize(principal, .create, known.behavior, .missing)
            let topic = try await self.reading { () async throws(StoreError) in try await self.closed(key) }
            return try await self.create(topic, with: drafts, by: principal)
        }
    }

    /// - Parameter topic: is closed, and opened again by this. The caller holds its key's lock.
    private func create(
        _ topic: Topic,
        with drafts: [Draft],
        by principal: Principal
    ) async throws(BrokerError) -> FirstPublish {
        let record = self.record(topic.key, createdByPublishOf: principal)
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
            topic.discard()
        }
    }
}

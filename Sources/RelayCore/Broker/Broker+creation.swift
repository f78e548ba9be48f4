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

    /// Publishes to a topic that is not in memory, for the case that it does not exist: then the step that creates it is the only one that
    /// the store is asked for. Where it turns out to be there, it is in memory after this.
    ///
    /// Not for messages with an idempotency key. A store may claim the key for the topic before it finds that the topic is there, and a
    /// publisher who is denied then could use the key for no other topic for a while.
    ///
    /// - Returns: nil where nothing was done: the publisher's leave is to be decided from the topic.
    /// - Throws: what turned the publish down as a whole.
    func publishUnseen(_ items: [Item], as principal: Principal) async throws(BrokerError) -> [Publication]? {
        guard let key = items.first?.key,
            items.allSatisfy({ $0.key == key && $0.draft.idempotency == nil }), self.table.find(key) == nil
        else { return nil }
        let behavior = self.catalog.behavior(of: key.name)
        guard self.decision(on: key, behavior, .missing, .create, by: principal) == .allowed else { return nil }
        var drafts: [Draft] = []
        for item in items {
            // Of a topic that is there, its access may make it another answer.
            guard let draft = try? behavior.admitted(item.draft, from: principal, access: .missing) else { return nil }
            drafts.append(draft)
        }
        return try await self.topicLock.withLock(self.catalog.root(of: key)) { [drafts] () async throws(BrokerError) in
            guard self.table.find(key) == nil else { return nil }
            let environment = self.environment(of: behavior)
            let first = try await self.reading { () async throws(StoreError) in
                try await self.store.createTopic(
                    self.autoCreated(key, by: principal),
                    within: self.limits.topics,
                    appending: environment.firstBatch(drafts, of: key, behavior)
                )
            }
            switch first {
            case .created(let stored, let receipt):
                let access = TopicAccess(stored, behavior)
                self.serve(Topic(created: key, access, drafts, receipt, behavior: behavior, in: environment))
                self.applyToParts(of: key, access)
                self.reclaimMemoryIfNeeded()
                let publications = receipt.stored.map { Publication($0, environment.awaited(nil)) }
                self.tellListeners(of: drafts, publications.map { .success($0) }, in: key)
                return publications
            case .existed(let stored):
                self.serve(self.makeTopic(key, TopicAccess(stored, behavior), stored.bounds))
                return nil
            case .refused(let bound):
                throw self.refusal(bound)
            }
        }
    }

    /// Creates the topic of a publish together with its messages: private, and owned by the publisher, if the kind allows that.
    ///
    /// - Throws: what turned the publish down as a whole.
    func publishFirst(
        _ drafts: [Draft],
        to key: TopicKey,
        as principal: Principal
    ) async throws(BrokerError) -> FirstPublish {
        try await self.topicLock.withLock(self.catalog.root(of: key)) { () async throws(BrokerError) in
            let (known, missing) = try await self.lookUp(key, forPublishOf: principal)
            guard let missing else { return .existed(known) }
            let topic = try await self.reading { () async throws(StoreError) in try await self.closed(key) }
            return try await self.create(topic, as: missing, with: drafts)
        }
    }

    /// Gets a topic to which `principal` has something to say besides messages: as it is, or new and empty, private, and owned by the
    /// principal, if the kind allows that.
    ///
    /// - Throws: `denied`, `missing`, `quota`, `full` or `store`.
    public func makeTopic(_ key: TopicKey, as principal: Principal) async throws(BrokerError) {
        _ = try await self.topicOrCreated(key, byPublishOf: principal)
    }

    /// Gets one of several topics of a publish, each of which has to be there before any of them gets a message: as it is, or new and
    /// empty, private, and owned by the publisher, if the kind allows that.
    func topicOrCreated(_ key: TopicKey, byPublishOf principal: Principal) async throws(BrokerError) -> Topic {
        try await self.topicLock.withLock(self.catalog.root(of: key)) { () async throws(BrokerError) in
            let (topic, missing) = try await self.lookUp(key, forPublishOf: principal)
            guard let missing else { return topic }
            let creation = try await self.reading { () async throws(StoreError) in
                try await self.store.createTopic(missing, within: self.limits.topics)
            }
            switch creation {
            case .created(let stored), .existed(let stored): self.apply(stored)
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
        try self.authorize(principal, .create, key, topic.behavior, .missing)
        return (topic, self.autoCreated(key, by: principal))
    }

    private func autoCreated(_ key: TopicKey, by principal: Principal) -> TopicRecord {
        self.record(key, isPublic: false, description: "Auto-created topic by \(principal.username)", by: principal)
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
            let access = TopicAccess(stored, topic.behavior)
            topic.finishCreation(access, drafts, receipt)
            self.applyToParts(of: topic.key, access)
            self.reclaimMemoryIfNeeded()
            return .stored(receipt.stored.map { Publication($0, topic.awaitedDurability) })
        case .existed(let stored):
            self.apply(stored)
            topic.reopen()
            return .existed(topic)
        case .refused(let bound):
            topic.reopen()
            throw self.refusal(bound)
        }
    }

    /// Reads a topic that may have been created. While that can't be read nobody is let in as if it were missing. Relays that share a
    /// store are told of the creation.
    func lookAgain(_ topic: Topic) async {
        do throws(StoreError) {
            try await self.refresh(topic.key)
        } catch {
            guard self.feed == nil else { return }
            self.table.remove(topic)
            topic.discard(since: error)
        }
    }
}

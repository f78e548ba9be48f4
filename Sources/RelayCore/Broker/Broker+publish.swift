import RelayWire

/// Publishing.
extension Broker {
    /// One message for one topic.
    public struct Item: Sendable {
        public let key: TopicKey
        public var draft: Draft

        public init(key: TopicKey, draft: Draft) {
            self.key = key
            self.draft = draft
        }
    }

    /// What became of an item, and in which topic: a repeat's first attempt may have gone to another.
    public struct Outcome: Sendable {
        /// The topic that has the message.
        public let key: TopicKey
        public let result: Result<Publication, BrokerError>

        /// Nil where it was stored, or is about to be.
        public var error: BrokerError? {
            switch self.result {
            case .success: nil
            case .failure(let error): error
            }
        }
    }

    /// Publishes without suspending, where the topic is in memory and exists.
    ///
    /// - Parameter completion: called once if true is returned, on any thread, possibly before this returns.
    /// - Returns: false where the topic must be loaded or created first, or its gate can't tell at once: nothing was done, call ``publish(_:as:)`` instead. The
    ///   same is to be done where the completion is told `moved`.
    public func publishNow(
        _ item: Item,
        as principal: Principal,
        completion: @escaping @Sendable (Result<Publication, BrokerError>) -> Void
    ) -> Bool {
        let open: OpenTopic
        let draft: Draft
        do throws(BrokerError) {
            guard let found = try self.topicAtHand(item.key, for: .publish, as: principal) else { return false }
            draft = try self.admit(item.draft, to: found, as: principal)
            guard try self.isGateOpen(draft, to: found, as: principal) != nil else { return false }
            open = found
        } catch {
            if self.mayBeOutdated(error) { return false }
            completion(.failure(error))
            return true
        }
        let completion = draft.listener.map { self.heard(by: $0).telling(of: item.key, completion) } ?? completion
        let result = open.topic.enqueue(one: draft, decidedOn: open.view.version) { result in
            completion(result.mapError { $0.code == .superseded ? .moved : .store($0) })
        }
        switch result {
        case .accepted: self.reclaimMemoryIfNeeded()
        case .moved: return false
        case .overloaded: completion(.failure(.overloaded))
        case .tooManyOfPublisher: completion(.failure(.tooManyWaiting))
        }
        return true
    }

    /// Publishes items in order, each topic's together. Either all are checked and admitted, or none is published.
    ///
    /// Topics that do not exist are created and owned by the publisher, if their kind allows it.
    ///
    /// - Returns: what became of each item, in order.
    /// - Throws: what turned all of them down: an access decision, a refusal, too much that waits, or a store that can't load a topic.
    public func publish(
        _ items: [Item],
        as principal: Principal
    ) async throws(BrokerError) -> [Result<Publication, BrokerError>] {
        let held = try self.beginWaiting(items)
        let results = try await self.publishHeld(items, as: principal)
        _ = consume held
        return results
    }

    /// Counts and charges what may wait for the store, for its topics, or for others.
    private func beginWaiting(_ items: [Item]) throws(BrokerError) -> WaitingPublish {
        try WaitingPublish.begin(
            items.count,
            items.reduce(0) { $0 + $1.draft.memoryCost },
            of: items.first?.draft.publisher,
            within: self.limitsInForce.waitingOfUser,
            self.memory
        )
    }

    /// As ``publish(_:as:)``, for items that are counted and charged.
    private func publishHeld(
        _ items: [Item],
        as principal: Principal
    ) async throws(BrokerError) -> [Result<Publication, BrokerError>] {
        if let publications = try await self.publishUnseen(items, as: principal) {
            return publications.map { .success($0) }
        }
        var topics: [TopicKey: Topic] = [:]
        var admitted = items
        for (index, item) in items.enumerated() {
            let open: OpenTopic
            if let known = topics[item.key] {
                open = try self.open(known, for: .publish, as: principal)
            } else {
                open = try await self.topic(item.key, for: .publish, as: principal)
            }
            topics[item.key] = open.topic
            admitted[index].draft = try await self.admitUpToDate(item.draft, to: open, as: principal)
            try await self.passGate(admitted[index].draft, to: open, as: principal)
        }
        if topics.count == 1, let topic = topics.first?.value, topic.access.record == nil {
            switch try await self.publishFirst(admitted.map(\.draft), to: topic.key, as: principal) {
            case .stored(let publications):
                let results = publications.map { Result<Publication, BrokerError>.success($0) }
                self.tellListeners(of: admitted.map(\.draft), results, in: topic.key)
                return results
            case .existed(let known): topics[known.key] = known
            }
        }
        // Of several topics all have to be there before one of them gets a message.
        for (key, topic) in topics where topic.access.record == nil {
            topics[key] = try await self.topicOrCreated(key, byPublishOf: principal)
        }
        for topic in topics.values {
            // Somebody else may have created one meanwhile.
            _ = try self.open(topic, for: .publish, as: principal)
        }
        let results = await self.store(admitted, in: topics, as: principal)
        for (item, result) in zip(admitted, results) { self.tellListeners(of: [item.draft], [result], in: item.key) }
        return results
    }

    /// Tells the relay's own parts of what clients have published that concerns them.
    func tellListeners(of drafts: [Draft], _ results: [Result<Publication, BrokerError>], in key: TopicKey) {
        for (draft, result) in zip(drafts, results) {
            if let listener = draft.listener { self.heard(by: listener).published(result, in: key) }
        }
    }

    /// Publishes items at most once per idempotency key: a repeat gets the first one's results, in the first one's topics.
    ///
    /// Of several attempts at once one publishes and the others wait for its result. An attempt of which nothing was
    /// stored leaves the key free; one that was cut short is completed by the next.
    ///
    /// - Returns: what became of each item, in order.
    /// - Throws: see ``publish(_:as:)``; also where the store can't say what is known of the key.
    public func publish(
        _ items: [Item],
        once key: IdempotencyKey,
        as principal: Principal
    ) async throws(BrokerError) -> [Outcome] {
        let held = try self.beginWaiting(items)
        let outcomes = try await self.publishHeld(items, once: key, as: principal)
        _ = consume held
        return outcomes
    }

    private func publishHeld(
        _ items: [Item],
        once key: IdempotencyKey,
        as principal: Principal
    ) async throws(BrokerError) -> [Outcome] {
        try await self.publishLock.withLock(key) { () async throws(BrokerError) in
            let known = try await self.reading { () async throws(StoreError) in
                let topics = Set(items.map(\.key))
                return try await self.entries(of: key, publishingTo: topics)
            }
            if let total = known.first?.mark.total, known.count == total {
                return try await self.repeated(known)
            }
            // The window starts with the first attempt, so that all of a request's marks end together.
            let window = self.limits.idempotencyWindowSeconds
            let expiry = known.first?.mark.expiresAt ?? self.clock.now().adding(seconds: window)
            var marked = items
            for index in items.indices {
                marked[index].draft.idempotency = IdempotencyMark(
                    key: key,
                    index: index,
                    total: items.count,
                    expiresAt: expiry
                )
            }
            let results = try await self.publishHeld(marked, as: principal)
            let firsts = try await self.topicsOfRepeats(among: results, of: key)
            return zip(items, results).enumerated().map { index, pair in
                Outcome(key: firsts[index] ?? pair.0.key, result: pair.1)
            }
        }
    }

    /// What is known of a key, whichever tier has it.
    private func entries(
        of key: IdempotencyKey,
        publishingTo topics: Set<TopicKey>?
    ) async throws(StoreError) -> [IdempotencyEntry] {
        let now = self.clock.now()
        let kept =
            if let topics {
                try await self.store.idempotencyEntries(for: key, publishingTo: topics, at: now)
            } else {
                try await self.store.idempotencyEntries(for: key, at: now)
            }
        guard self.hasHotStore else { return kept }
        return kept + (try await self.streams(of: .hot).idempotencyEntries(for: key, at: now))
    }

    /// What was stored for good before. Whether it had become as durable as it has to be is not known: the first attempt may have
    /// failed while it waited for that.
    private func repeated(_ entries: [IdempotencyEntry]) async throws(BrokerError) -> [Outcome] {
        var durabilities: [TopicKey: Durability] = [:]
        for (key, entries) in Dictionary(grouping: entries, by: \.topic) {
            durabilities[key] = try await self.reading { () async throws(StoreError) in
                let durability = try await self.topic(key).awaitedDurability
                let tier = self.catalog.behavior(of: key.name).tier
                try await self.streams(of: tier).confirm(entries, as: durability)
                return durability
            }
        }
        return entries.map { entry in
            let stored = StoredDraft(id: entry.id, timestamp: entry.timestamp, isRepeat: true)
            let durability = durabilities[entry.topic] ?? self.durability
            return Outcome(key: entry.topic, result: .success(Publication(stored, durability)))
        }
    }

    /// Where the first attempt went of each message that turned out to be a repeat, by index. An attempt that another relay makes
    /// at the same time, or one that was cut short, may have gone to other topics.
    private func topicsOfRepeats(
        among results: [Result<Publication, BrokerError>],
        of key: IdempotencyKey
    ) async throws(BrokerError) -> [Int: TopicKey] {
        let repeats = Set(results.indices.filter { results[$0].isRepeat })
        guard !repeats.isEmpty else { return [:] }
        let entries = try await self.reading { () async throws(StoreError) in
            try await self.entries(of: key, publishingTo: nil)
        }
        return Dictionary(
            entries.filter { repeats.contains($0.mark.index) }.map { ($0.mark.index, $0.topic) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// Whether a refusal may be for what another relay has changed by now, of which the news is still on its way.
    private func mayBeOutdated(_ error: BrokerError) -> Bool {
        guard case .refused(let refusal) = error else { return false }
        return refusal.isByState && self.feed != nil
    }

    /// As ``admit(_:to:as:)``, and where that may be outdated once more from what is stored.
    private func admitUpToDate(
        _ draft: Draft,
        to open: OpenTopic,
        as principal: Principal
    ) async throws(BrokerError) -> Draft {
        do throws(BrokerError) {
            return try self.admit(draft, to: open, as: principal)
        } catch {
            guard self.mayBeOutdated(error) else { throw error }
        }
        let topic = try await self.renewed(open.topic.key)
        return try self.admit(draft, to: try self.open(topic, for: .publish, as: principal), as: principal)
    }

    private func admit(
        _ draft: Draft,
        to open: OpenTopic,
        as principal: Principal
    ) throws(BrokerError) -> Draft {
        do {
            return try open.topic.behavior.admitted(draft, from: principal, access: open.access)
        } catch {
            throw .refused(error)
        }
    }
}

// MARK: - Storing

extension Broker {
    /// Hands each topic its items as one run, and gathers the results.
    private func store(
        _ items: [Item],
        in topics: [TopicKey: Topic],
        as principal: Principal
    ) async -> [Result<Publication, BrokerError>] {
        // Nearly always there is one topic, which needs no tasks of its own.
        if topics.count == 1, let topic = topics.first?.value {
            let result = await self.append(items.map(\.draft), to: topic, as: principal)
            return items.indices.map { place in result.map { $0[place] } }
        }
        let runs = Dictionary(grouping: items.indices) { items[$0].key }
        var results = [Result<Publication, BrokerError>](repeating: .failure(.overloaded), count: items.count)
        await withTaskGroup(of: ([Int], Result<[Publication], BrokerError>).self) { group in
            for (key, indices) in runs {
                guard let topic = topics[key] else { continue }
                group.addTask {
                    (indices, await self.append(indices.map { items[$0].draft }, to: topic, as: principal))
                }
            }
            for await (indices, result) in group {
                for (place, index) in indices.enumerated() {
                    results[index] = result.map { $0[place] }
                }
            }
        }
        return results
    }

    /// How often a publish follows a stream whose epoch changes under it; then the publisher is told `superseded`.
    private static let maxReloads = 5

    /// Appends to a topic, deciding again and looking it up again for as long as it moves away.
    private func append(
        _ drafts: [Draft],
        to topic: Topic,
        as principal: Principal
    ) async -> Result<[Publication], BrokerError> {
        var topic = topic
        var reloads = 0
        while true {
            do throws(BrokerError) {
                let open = try self.open(topic, for: .publish, as: principal)
                if open.exists, let result = await self.append(drafts, to: open) {
                    guard case .failure(.store(let error)) = result, error.code == .superseded,
                        reloads < Self.maxReloads
                    else { return result }
                    reloads += 1
                    try await self.topicsChanged([topic.key])
                }
                topic = try await self.topicOrCreated(topic.key, byPublishOf: principal)
            } catch {
                return .failure(error)
            }
        }
    }

    /// - Returns: nil where the topic has moved.
    private func append(
        _ drafts: [Draft],
        to open: OpenTopic
    ) async -> Result<[Publication], BrokerError>? {
        await withCheckedContinuation { continuation in
            let enqueued = open.topic.enqueue(held: drafts, decidedOn: open.view.version) {
                continuation.resume(returning: $0.mapError(BrokerError.store))
            }
            switch enqueued {
            case .accepted: self.reclaimMemoryIfNeeded()
            case .moved: continuation.resume(returning: nil)
            case .overloaded: continuation.resume(returning: .failure(.overloaded))
            case .tooManyOfPublisher: continuation.resume(returning: .failure(.tooManyWaiting))
            }
        }
    }
}

extension Result<Publication, BrokerError> {
    fileprivate var isRepeat: Bool {
        switch self {
        case .success(let stored): stored.isRepeat
        case .failure: false
        }
    }
}

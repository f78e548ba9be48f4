import NIOCore
import RelayAccess
import RelayCore
import RelayWire
import Synchronization

/// Finding topics, and where to go on in them.
extension WebhookRun {
    /// How often the run looks for what it has not noticed.
    private static let interval = Duration.seconds(2)
    /// What a topic costs beside its messages, in bytes.
    private static let bytesPerTopic = 1_024

    /// Finds topics, again and again. Returns when its task is cancelled, or the webhook has ended.
    func findTopics(_ watch: TopicWatch) async {
        guard !self.webhook.definition.events.isDisjoint(with: WebhookEvent.streamed) else {
            return await self.watchOwner()
        }
        var search = TopicSearch()
        defer { if let unused = search.appointment { self.services.searches.giveBack(unused) } }
        while !Task.isCancelled, self.state.withLock({ $0.end == nil }) {
            do {
                if let owner = try await self.owner() { try await self.search(as: owner, &search) }
                await self.touchIdle()
            } catch {
                // The store is away: the next look finds what this one has not.
            }
            self.wakeAll()
            try? await Task.sleep(for: Self.interval)
        }
    }

    /// Asks again and again whether the webhook may still deliver for its user: nothing else asks where no messages are told.
    /// Returns as ``findTopics(_:)`` does.
    private func watchOwner() async {
        while !Task.isCancelled, self.state.withLock({ $0.end == nil }) {
            _ = try? await self.owner()
            try? await Task.sleep(for: Self.interval)
        }
    }

    /// Where nothing waits this wakes nobody.
    private func wakeAll() {
        let isNews = self.state.withLock { state in
            var isNews = state.end != nil
            for lane in state.lanes.lanes {
                guard case .messages(let key) = lane, self.mayHaveMore(state.places[key]) else { continue }
                state.lanes.wake(lane)
                isNews = true
            }
            return isNews
        }
        if isNews { self.wakeLoop() }
    }

    private func mayHaveMore(_ place: Place?) -> Bool {
        guard let topic = place?.topic, let position = place?.position else { return true }
        return self.services.cursors.lag(of: position, in: topic) > 0
    }

    /// Looks for topics that have come: for one by its name at once, for those of a prefix if it is time for that.
    func search(as owner: Principal, _ search: inout TopicSearch) async throws(BrokerError) {
        switch self.webhook.definition.target {
        case .topic(let name): try await self.find(name, as: owner)
        case .prefix(let prefix): try await self.takeTurn(prefix, as: owner, &search)
        }
    }

    private func takeTurn(
        _ prefix: String,
        as owner: Principal,
        _ search: inout TopicSearch
    ) async throws(BrokerError) {
        let (searches, clock) = (self.services.searches, self.services.clock)
        let beginning = clock.uptime()
        guard let appointment = search.due(at: beginning, { searches.appoint(at: beginning) }) else { return }
        defer { search.finishedTurn(at: clock.uptime()) }
        try await self.search(prefix, as: owner, &search)
        searches.finished(after: clock.uptime() - beginning, appointment)
    }

    private func find(_ name: String, as owner: Principal) async throws(BrokerError) {
        guard let key = self.services.broker.catalog.key(ofPath: name, for: owner.id),
            !self.state.withLock({ $0.lanes.contains(.messages(key)) })
        else { return }
        do throws(BrokerError) {
            _ = try await self.services.broker.storedTopic(key, for: .read, as: owner)
            _ = self.add(key)
        } catch {
            switch error {
            case .missing, .denied: break
            case .exists, .moved, .refused, .quota, .full, .overloaded, .tooManyWaiting, .store: throw error
            }
        }
    }

    private func search(
        _ prefix: String,
        as owner: Principal,
        _ search: inout TopicSearch
    ) async throws(BrokerError) {
        for _ in 0..<TopicSearch.pagesPerTurn {
            let page = try await self.services.broker.topics(
                inPageAfter: search.place,
                beginning: prefix,
                for: owner.id,
                TopicSearch.pageSize
            )
            let leftOut = page.topics.count { self.mayRead($0, owner) && !self.add($0.record.key) }
            guard let all = search.finishedPage(leftOut: leftOut, next: page.next) else { continue }
            return self.note(leftOut: all)
        }
    }

    private func note(leftOut: Int) {
        self.state.withLock { state in
            guard state.health.topicsLeftOut != leftOut else { return }
            state.health.topicsLeftOut = leftOut
            state.isDirty = true
        }
    }

    private func mayRead(_ topic: StoredTopic, _ owner: Principal) -> Bool {
        self.services.broker.decision(on: topic, .read, by: owner) == .allowed
    }

    /// - Returns: false where there is no room for it.
    private func add(_ key: TopicKey) -> Bool {
        if self.state.withLock({ $0.lanes.contains(.messages(key)) }) { return true }
        guard self.state.withLock({ $0.places.count }) < self.services.settings.maxTopics,
            let charge = self.services.memory.hold(Self.bytesPerTopic, in: .readers)
        else { return false }
        let now = self.services.clock.uptime()
        self.state.withLock { state in
            state.lanes.add(.messages(key))
            state.places[key] = Place(topic: nil, position: nil, usedAt: now, charge: charge)
            state.lanes.wake(.messages(key))
        }
        return true
    }

    func drop(_ key: TopicKey, _ watch: TopicWatch) {
        let place = self.state.withLock { state in
            state.lanes.remove(.messages(key))
            return state.places.removeValue(forKey: key)
        }
        if let topic = place?.topic { watch.end(topic) }
    }

    /// Has the topic in memory, watched, and knows where to go on.
    ///
    /// - Returns: nil where the topic has just left memory. The position is nil where the topic does not exist yet.
    func open(
        _ key: TopicKey,
        _ watch: TopicWatch,
        as owner: Principal
    ) async throws(BrokerError) -> (topic: Topic, position: ReaderPosition?)? {
        let known = self.state.withLock { $0.places[key] }
        let topic = try await self.services.broker.topic(key, for: .join, as: owner).topic
        if known?.topic !== topic {
            if let old = known?.topic { watch.end(old) }
            guard watch.begin(topic) else {
                self.state.withLock { $0.places[key]?.topic = nil }
                return nil
            }
            let isThere = self.state.withLock { state in
                state.places[key]?.topic = topic
                return state.places[key] != nil
            }
            guard isThere else {
                watch.end(topic)
                return nil
            }
        }
        if let position = known?.position { return (topic, position) }
        guard let reader = self.reader else { return (topic, nil) }
        let position = try await self.services.cursors.openOwn(
            reader,
            of: self.webhook.user,
            in: topic,
            startingAt: .cursor(.after(MessageID(milliseconds: self.webhook.createdAt.milliseconds, sequence: 0)))
        )
        self.state.withLock { $0.places[key]?.position = position }
        return (topic, position)
    }

    /// Tells the store of places that nothing has moved for long: they are in use.
    private func touchIdle() async {
        let now = self.services.clock.uptime()
        let limit = TimeAmount.nanoseconds(self.services.settings.readerIdle.nanoseconds / 4)
        let idle = self.state.withLock { state in
            state.places.compactMap { key, place in
                place.position.flatMap { now - place.usedAt > limit ? (key, $0) : nil }
            }
        }
        guard let reader = self.reader else { return }
        for (key, position) in idle {
            let named = NamedReader(topic: key, user: self.webhook.user, name: reader)
            guard self.services.cursors.acknowledge(position, of: named, makesReader: true) else { return }
            self.state.withLock { $0.places[key]?.usedAt = now }
        }
    }
}

extension Broker {
    /// Topics whose names begin so, of whatever kind such names are.
    fileprivate func topics(
        inPageAfter key: TopicKey?,
        beginning prefix: String,
        for user: UserID,
        _ limit: Int
    ) async throws(BrokerError) -> (topics: [StoredTopic], next: TopicKey?) {
        guard let kind = WebhookTopics.kind(ofPrefix: prefix) else {
            return try await self.topics(beginning: prefix, for: user, after: key, limit: limit)
        }
        let page = try await self.topics(ofKind: kind, after: key, limit: limit)
        let found = page.filter { $0.record.key.name.rawValue.utf8.starts(with: prefix.utf8) }
        return (found, page.count == limit ? page.last?.record.key : nil)
    }
}

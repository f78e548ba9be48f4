import NIOCore
import RelayWire

/// Following streams that other relays write too.
extension Broker {
    /// Begins to hear what others store. Called once, before the first reader; does nothing for a store of this relay alone.
    public func startFollowing() {
        self.feed?.start { [weak self] news in self?.hear(news) }
    }

    /// A topic that readers may join: it is listened to from now on.
    func followed(_ key: TopicKey) async throws(StoreError) -> Topic {
        try await self.topicLock.withLock(self.catalog.root(of: key)) { () async throws(StoreError) in
            let topic = try await self.load(key)
            guard let feed = self.feed, topic.beginTuning() else { return topic }
            do throws(StoreError) {
                try await feed.listen(to: key)
                try await self.locate(topic, by: feed)
                return topic
            } catch {
                topic.abandonTuning()
                feed.stopListening(to: key)
                throw error
            }
        }
    }

    private func hear(_ news: StreamNews) {
        switch news {
        case .grew(let key, let growth):
            guard let topic = self.table.find(key) else { return }
            self.take(topic.grew(growth), topic)
        case .missed(let keys):
            for key in keys { self.unsure.insert(key) }
        }
    }

    private static let repairLimits = SliceLimits(maxMessages: 2_000, maxBytes: 4 << 20)

    func take(_ step: TopicState.FollowStep, _ topic: Topic) {
        switch step {
        case .rest: break
        case .check: self.unsure.insert(topic.key)
        case .read(let missed):
            let request = ReadRequest(
                topic: topic.key,
                range: .forward(after: missed.after, through: missed.through),
                maxMessages: Self.repairLimits.maxMessages,
                maxBytes: Self.repairLimits.maxBytes,
                now: self.clock.now()
            )
            self.read(request) { self.take(topic.repaired($0, missed: missed), topic) }
        }
    }

    // MARK: For whoever watches over it

    /// Something comes whenever ``takeUnsureTopics()`` has topics. For one listener.
    public var unsureTopicsArrived: AsyncStream<Void> { self.unsure.arrivals }

    /// Topics of which something may have been missed: each is to be handed to ``checkPosition(of:)`` soon. They are told once.
    public func takeUnsureTopics() -> [TopicKey] { self.unsure.takeAll() }

    /// The topics that this relay listens to: to be checked every so often, since a loss may be silent.
    public var followedTopics: [TopicKey] {
        self.feed == nil ? [] : self.table.all.filter(\.isListening).map(\.key)
    }

    /// Compares what is known of a topic with its store, and reads what was missed.
    ///
    /// - Throws: where the store can't be asked: check again later.
    public func checkPosition(of key: TopicKey) async throws(StoreError) {
        guard let feed = self.feed else { return }
        // Under the lock, so that answers of a topic are never taken in another order than the store gave them.
        try await self.topicLock.withLock(self.catalog.root(of: key)) { () async throws(StoreError) in
            guard let topic = self.table.find(key), topic.isListening else { return }
            try await self.locate(topic, by: feed)
        }
    }

    /// Moves a topic on to its stream's end in the store. The caller holds its key's lock.
    private func locate(_ topic: Topic, by feed: any StreamFeed) async throws(StoreError) {
        let bounds = try await feed.position(of: topic.key, known: topic.bounds)
        if topic.mayBeAnother(at: bounds) { try await self.renew(topic, at: bounds) }
        self.take(topic.positioned(bounds), topic)
    }

    /// Makes a topic what is stored, and moves it on to its stream's end in the store. The caller holds its key's lock.
    func follow(_ topic: Topic, by feed: any StreamFeed) async throws(StoreError) {
        let bounds = try await feed.position(of: topic.key, known: topic.bounds)
        try await self.renew(topic, at: bounds)
        self.take(topic.positioned(bounds), topic)
    }

    /// Makes a topic what is stored: another relay may have changed, deleted or created it. The caller holds its key's lock.
    ///
    /// - Parameter bounds: the stream's, asked for before this: see ``TopicState/positioned(_:_:)``. Nil where nobody else writes.
    func renew(_ topic: Topic, at bounds: StreamBounds?) async throws(StoreError) {
        let access = self.access(try await self.store.topic(self.catalog.root(of: topic.key)))
        try await self.renew(topic, access, at: bounds)
    }

    /// - Parameter access: as it is stored: of a part its root's.
    private func renew(_ topic: Topic, _ access: TopicAccess, at bounds: StreamBounds?) async throws(StoreError) {
        if let known = topic.access.record, known.id != access.record?.id {
            var left: StreamBounds
            if let bounds { left = bounds } else { left = try await topic.environment.store.bounds(of: topic.key) }
            topic.finishDeletion(bounds: access.record == nil ? left.emptied : left)
        }
        if access.record != nil { topic.apply(access) }
    }

    /// Stops listening to topics that nobody has read for a while. To be called every few seconds.
    public func restUnreadTopics() async {
        guard let feed = self.feed else { return }
        let deadline = self.clock.uptime() - Self.unreadTime
        for topic in self.table.all where topic.isListening {
            await self.topicLock.withLock(self.catalog.root(of: topic.key)) {
                if topic.rest(ifUnreadSince: deadline) { feed.stopListening(to: topic.key) }
            }
        }
    }

    /// Long enough that a client who polls again and again finds its topic as it left it.
    private static let unreadTime = TimeAmount.seconds(60)
}

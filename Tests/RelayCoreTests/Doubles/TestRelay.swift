import RelayCore
import RelayWire
import Testing

/// A broker on a test store, with a clock that stands still.
struct TestRelay {
    let clock: ManualClock
    let store: TestStore
    /// Of the kinds whose tier is hot.
    let hotStore: TestStore
    let broker: Broker

    init(
        _ limits: BrokerLimits = BrokerLimits(),
        catalog: TopicCatalog = TopicCatalog(),
        durabilities: [Durability] = [.memory],
        durability: Durability? = nil,
        hotBytes: Int = 256 << 20,
        wholeBytes: Int = 1 << 30
    ) {
        let clock = ManualClock()
        let store = TestStore(clock: clock, durabilities: durabilities)
        self.init(
            on: store,
            limits,
            catalog: catalog,
            durability,
            hotBytes: hotBytes,
            wholeBytes: wholeBytes,
            clock: clock
        )
    }

    private init(
        on store: TestStore,
        _ limits: BrokerLimits,
        catalog: TopicCatalog,
        _ durability: Durability? = nil,
        hotBytes: Int = 256 << 20,
        wholeBytes: Int = 1 << 30,
        clock: ManualClock
    ) {
        self.clock = clock
        self.store = store
        self.hotStore = TestStore(clock: clock)
        var memory = MemoryLimits(whole: wholeBytes)
        memory[.hotTier] = hotBytes
        self.broker = Broker(
            store: store,
            hotStore: self.hotStore,
            catalog: catalog,
            limits: limits,
            memory: MemoryLedger(limits: memory),
            durability: durability,
            clock: clock.relayClock
        )
    }

    /// Another relay on what this one has stored.
    func restarted(catalog: TopicCatalog = TopicCatalog()) -> TestRelay {
        TestRelay(on: self.store, BrokerLimits(), catalog: catalog, clock: self.clock)
    }

    /// A new topic of olga's.
    func topic(_ path: String = "news", isPublic: Bool = false) async throws -> Topic {
        _ = try await self.broker.createTopic(.named(path), isPublic: isPublic, description: nil, by: .olga)
        return try await self.loaded(path)
    }

    /// A topic that may exist or not.
    func loaded(_ path: String = "news") async throws -> Topic {
        try await self.broker.topic(.named(path), for: .look, as: .olga).topic
    }

    /// Publishes numbered messages to an existing topic, one by one, without waiting for the store.
    func publish(_ numbers: some Sequence<Int>, to path: String = "news", ttl: Int64? = nil) throws {
        for number in numbers {
            let item = Broker.Item(key: .named(path), draft: .numbered(number, at: self.clock.now, ttl: ttl))
            let isDone = self.broker.publishNow(item, as: .olga) { _ in }
            try #require(isDone)
        }
    }

    /// Publishes numbered messages to a topic as one run, and creates it where it is missing.
    @discardableResult
    func publishAll(
        _ numbers: some Sequence<Int>,
        to path: String = "news",
        as principal: Principal = .olga
    ) async throws(BrokerError) -> [Result<Publication, BrokerError>] {
        let items = numbers.map { Broker.Item(key: .named(path), draft: .numbered($0, at: self.clock.now)) }
        return try await self.broker.publish(items, as: principal)
    }
}

import RelayWire
import Synchronization
import Testing

@testable import RelayCore

@Suite("History of a topic that other relays write too")
struct SharedHistoryTests {
    private static let seeds: Range<UInt64> = 0..<16

    private let executor = ManualExecutor()

    /// A relay that hears what is stored in the topic, with the messages 1 to 3.
    private func follower(seed: UInt64) -> (world: SharedWorld, broker: Broker) {
        let world = SharedWorld(relays: 1, seed: seed)
        let store = SharedWorldStore(world: world, relay: 0)
        let broker = Broker(store: store, feed: store, clock: world.clock.relayClock)
        broker.startFollowing()
        world.create(.olgas("news", at: world.clock.now))
        Task(executorPreference: self.executor) { _ = await broker.topics([world.key], for: .join, as: .olga) }
        self.settle(world)
        self.store([1, 2, 3], in: world)
        self.settle(world)
        while world.tellNews(to: 0) { self.settle(world) }
        world.state.withLock { ($0.pagesRead, $0.boundsAsked) = (0, 0) }
        return (world, broker)
    }

    /// Another relay stores these, and the news of them is on its way.
    private func store(_ numbers: [Int], in world: SharedWorld) {
        let other = SharedWorldStore(world: world, relay: 0)
        for number in numbers {
            let draft = Draft.numbered(number, at: world.clock.now)
            other.append(AppendBatch(topic: world.key, drafts: [draft], retention: Retention())) { _ in }
            self.settle(world)
        }
    }

    /// Everything but news arrives.
    private func settle(_ world: SharedWorld) {
        repeat { self.executor.drain() } while world.letSomethingArrive()
    }

    private func numbers(
        _ world: SharedWorld,
        _ broker: Broker,
        _ order: Broker.Order,
        _ cursor: Cursor = .oldest,
        limit: Int = 100
    ) -> [Int]? {
        let pages = Collected<[Int]>()
        Task(executorPreference: self.executor) {
            let page = try? await broker.history(of: world.key, order, cursor: cursor, limit: limit, as: .olga)
            if let page { pages.add([page.messages.compactMap(\.number)]) }
        }
        self.settle(world)
        return pages.all.first
    }

    @Test("has what another relay has stored and this one has not heard of", arguments: Self.seeds)
    func unheard(seed: UInt64) {
        let (world, broker) = self.follower(seed: seed)
        self.store([4, 5], in: world)
        let ids = world.log.messages.map(\.id)
        #expect(self.numbers(world, broker, .ascending) == [1, 2, 3, 4, 5])
        #expect(self.numbers(world, broker, .ascending, .after(ids[2])) == [4, 5])
        #expect(self.numbers(world, broker, .ascending, .after(ids[3])) == [5])
        #expect(self.numbers(world, broker, .descending, limit: 2) == [5, 4])
        #expect(self.numbers(world, broker, .descending, .after(ids[4]), limit: 2) == [4, 3])
    }

    @Test("has what this relay has heard of and has yet to read", arguments: Self.seeds)
    func beingRead(seed: UInt64) {
        let (world, broker) = self.follower(seed: seed)
        self.store([4, 5], in: world)
        // The news of 5 shows that 4 was missed.
        world.state.withLock { _ = $0.news[0].removeFirst() }
        #expect(world.tellNews(to: 0))
        #expect(self.numbers(world, broker, .ascending) == [1, 2, 3, 4, 5])
        #expect(self.numbers(world, broker, .descending, limit: 2) == [5, 4])
    }

    @Test("comes from memory where all was heard; at the stream's end the store says so in a few bytes")
    func upToDate() {
        let (world, broker) = self.follower(seed: 1)
        let ids = world.log.messages.map(\.id)
        #expect(self.numbers(world, broker, .ascending, limit: 2) == [1, 2])
        #expect(self.numbers(world, broker, .descending, .after(ids[2]), limit: 2) == [2, 1])
        #expect(world.state.withLock { $0.boundsAsked } == 0)
        #expect(self.numbers(world, broker, .ascending) == [1, 2, 3])
        #expect(self.numbers(world, broker, .descending, limit: 2) == [3, 2])
        #expect(world.state.withLock { $0.boundsAsked } == 2)
        #expect(world.state.withLock { $0.pagesRead } == 0)
    }

    @Test("is refused, and not cut short, where the store can't say how far it is")
    func away() {
        let (world, broker) = self.follower(seed: 1)
        world.state.withLock { $0.failures = 100 }
        #expect(self.numbers(world, broker, .ascending) == nil)
        #expect(self.numbers(world, broker, .ascending, limit: 2) == [1, 2])
    }
}

import RelayWire
import Synchronization
import Testing

@testable import RelayCore

@Suite("Topics that are asked for together", .timeLimit(.minutes(1)))
struct SeveralTopicsTests {
    /// Notes what is listened to.
    private final class NotingFeed: StreamFeed {
        let listened = Collected<TopicKey>()

        func start(_ listener: @escaping @Sendable (StreamNews) -> Void) {}
        func listen(to key: TopicKey) async throws(StoreError) { self.listened.add([key]) }
        func stopListening(to key: TopicKey) {}
        func position(of key: TopicKey, known: StreamBounds) async throws(StoreError) -> StreamBounds { known }
    }

    private struct Failed: Error, Equatable {
        let number: Int
    }

    /// How many do something now, and did at most.
    private final class Crowd: Sendable {
        private let now = Atomic<Int>(0)
        private let most = Atomic<Int>(0)

        var maximum: Int { self.most.load(ordering: .relaxed) }

        func enter() -> Int {
            let now = self.now.add(1, ordering: .relaxed).newValue
            self.most.max(now, ordering: .relaxed)
            return now
        }

        func leave() { self.now.subtract(1, ordering: .relaxed) }
    }

    private static func keys(_ paths: String...) -> [TopicKey] { paths.map(TopicKey.named) }

    @Test("are loaded some at a time, and come in the order in which they were asked for")
    func order() async throws {
        let relay = TestRelay()
        let keys = (0..<100).map { TopicKey.named("t\($0)") }
        let crowd = Crowd()
        let met = Signal()
        relay.store.beforeTopicCalls { _ in
            // The first to come waits for another, which one by one would never come.
            if crowd.enter() > 1 { met.fire() }
            await met.wait()
            crowd.leave()
        }
        let topics = try await relay.broker.topics(keys, for: .join, as: .olga).get()
        #expect(topics.map(\.key) == keys)
        #expect((2...16).contains(crowd.maximum))
    }

    @Test("are not listened to where one of them may not be read")
    func denied() async throws {
        let clock = ManualClock()
        let store = TestStore(clock: clock)
        let feed = NotingFeed()
        let broker = Broker(store: store, feed: feed, clock: clock.relayClock)
        for (path, isPublic) in [("open", true), ("other", true), ("secret", false)] {
            _ = try await broker.createTopic(.named(path), isPublic: isPublic, description: nil, by: .olga)
        }
        let refused = await broker.topics(Self.keys("open", "secret", "other"), for: .join, as: .sven)
        #expect(throws: BrokerError.denied) { try refused.get() }
        #expect(feed.listened.all.isEmpty)
        let keys = Self.keys("open", "other")
        #expect(try await broker.topics(keys, for: .join, as: .sven).get().map(\.key) == keys)
        #expect(Set(feed.listened.all) == Set(keys))
    }

    @Test("the first refusal in their order is told, however late it comes, and nothing is begun after one")
    func refusals() async {
        let late = Signal()
        let begun = Collected<Int>()
        await #expect(throws: Failed(number: 1)) {
            try await Array(0..<100).map(atOnce: 4) { (number) async throws(Failed) -> Int in
                begun.add([number])
                if number == 1 { await late.wait() }
                if number == 2 { late.fire() }
                if number == 1 || number == 2 { throw Failed(number: number) }
                return number
            }
        }
        #expect(begun.all.count <= 6)
    }
}

import NIOCore
import RelayWire
import SeededRandom
import Synchronization
import Testing

@testable import RelayCore

@Suite("Memory of all topics together")
struct HotMemoryTests {
    @Test("the limit holds after every publish, and what left memory is read from the store")
    func holds() async throws {
        let limit = 20_000
        let relay = TestRelay(hotBytes: limit)
        let loop = TurningLoop(relay)
        var sinks: [TestSink] = []
        for number in 0..<5 {
            let sink = TestSink()
            sinks.append(sink)
            try loop.read(try await relay.topic("t\(number)"), into: sink)
        }
        var random = SeededGenerator(seed: 1)
        var expected = Array(repeating: [Int](), count: 5)
        for number in 0..<1_000 {
            let topic = Int.random(in: 0..<5, using: &random)
            expected[topic].append(number)
            try relay.publish([number], to: "t\(topic)")
            #expect(relay.broker.statistics.hotBytes <= limit)
            if random.chance(10) { try loop.settle() }
        }
        try loop.settle()
        #expect(sinks.map(\.numbers) == expected)
        #expect(!relay.store.calls.reads.isEmpty)
    }

    @Test("what is counted is what is held", arguments: 1...3)
    func counts(seed: UInt64) async throws {
        let relay = TestRelay(
            BrokerLimits(hotMessagesPerTopic: 30, retention: Retention(maxMessages: 25)),
            hotBytes: 15_000
        )
        var random = SeededGenerator(seed: seed)
        for number in 0..<4 { _ = try await relay.topic("t\(number)") }
        for number in 0..<400 {
            let path = "t\(Int.random(in: 0..<4, using: &random))"
            try await relay.publishAll(number..<(number + .random(in: 1...5, using: &random)), to: path)
            if random.chance(3) { try await relay.broker.deleteTopic(.named(path), as: .olga) }
            if random.chance(3) { relay.clock.advance(seconds: 20) }
            let held = relay.broker.table.all.reduce(0) { $0 + $1.state.withLock { $0.hot.bytes } }
            #expect(relay.broker.statistics.hotBytes == held)
        }
    }

    @Test("a topic that finds no room gives up its own oldest, without the broker's help")
    func ownExcess() async throws {
        let limit = 3_000
        let relay = TestRelay(hotBytes: limit)
        let topics = [try await relay.topic("a"), try await relay.topic("b")]
        for number in 0..<60 {
            let topic = topics[number % 2]
            _ = topic.enqueue([.numbered(number, at: relay.clock.now)], decidedOn: topic.accessView.version) { _ in }
            #expect(relay.broker.statistics.hotBytes <= limit)
        }
        #expect(relay.broker.statistics.hotBytes > limit / 2)
    }

    @Test("many threads that fill memory at once leave it within its limit")
    func concurrently() async throws {
        let limit = 30_000
        let relay = TestRelay(hotBytes: limit)
        for number in 0..<6 { _ = try await relay.topic("t\(number)") }
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<6 {
                group.addTask {
                    await onThread {
                        for message in 0..<300 { try? relay.publish([message], to: "t\(number)") }
                    }
                }
            }
        }
        #expect(relay.broker.statistics.hotBytes <= limit)
        let held = relay.broker.table.all.reduce(0) { $0 + $1.state.withLock { $0.hot.bytes } }
        #expect(relay.broker.statistics.hotBytes == held)
    }

    @Test("unused topics lose all of their memory, used ones the older half")
    func yields() async throws {
        let relay = TestRelay()
        let topic = try await relay.topic()
        try relay.publish(1...10)
        let all = relay.broker.statistics.hotBytes
        let half = topic.yieldMemory(ifUnusedSince: relay.clock.uptime)
        #expect(half >= all / 2 && half < all)
        relay.clock.advance(seconds: 1)
        #expect(topic.yieldMemory(ifUnusedSince: relay.clock.uptime) == all - half)
        #expect(relay.broker.statistics.hotBytes == 0)
        try relay.publish([11])
        let page = try await relay.broker.history(of: topic.key, .ascending, cursor: .oldest, limit: 100, as: .olga)
            .messages
        #expect(page.compactMap(\.number) == Array(1...11))
    }
}

import NIOCore
import RelayWire
import SeededRandom
import Synchronization
import Testing

@testable import RelayCore

@Suite("Topics in memory")
struct TopicTableTests {
    @Test("a full table lets go of unused topics, and they come back as they were")
    func retires() async throws {
        let relay = TestRelay(BrokerLimits(residentTopics: 5))
        for number in 0..<30 {
            _ = try await relay.topic("t\(number)")
            try relay.publish([number], to: "t\(number)")
            relay.clock.advance(seconds: 11)
            #expect(relay.broker.statistics.residentTopics <= 6)
        }
        for number in 0..<30 {
            let topic = try await relay.broker.topic(.named("t\(number)"))
            #expect(topic.access.record?.owner == Principal.olga.id)
            let page = try await relay.broker.history(
                of: topic.key,
                .ascending,
                cursor: .oldest,
                limit: 5,
                as: .olga
            )
            #expect(page.messages.compactMap(\.number) == [number])
            relay.clock.advance(seconds: 11)
        }
    }

    @Test("topics that are read, written to or were used just now stay")
    func keeps() async throws {
        let relay = TestRelay(BrokerLimits(residentTopics: 3))
        let loop = TurningLoop(relay)
        let read = try await relay.topic("read")
        let sink = TestSink()
        try loop.read(read, into: sink)
        let written = try await relay.topic("written")
        relay.store.completeAppends(.held)
        try relay.publish([1], to: "written")
        relay.clock.advance(seconds: 60)
        for number in 0..<20 { _ = try await relay.broker.topic(.named("t\(number)")) }
        #expect(try relay.broker.topicAtHand(read.key, for: .join, as: .olga)?.topic === read)
        #expect(try relay.broker.topicAtHand(written.key, for: .join, as: .olga)?.topic === written)
        #expect(try relay.broker.topicAtHand(.named("t3"), for: .join, as: .olga) != nil)
        relay.store.completeAppends(.inline)
        relay.store.releaseAppends()
        try relay.publish([2], to: "read")
        try loop.settle()
        #expect(sink.numbers == [2])
    }

    @Test("a topic out of service that is still in the table is not found")
    func outOfService() async throws {
        let relay = TestRelay()
        let old = try await relay.topic()
        try relay.publish([1])
        relay.clock.advance(seconds: 60)
        #expect(old.retire(ifUnusedSince: relay.clock.uptime))
        let item = Broker.Item(key: old.key, draft: .numbered(2, at: relay.clock.now))
        #expect(!relay.broker.publishNow(item, as: .olga) { _ in Issue.record("called") })
        try await relay.publishAll([2])
        let current = try await relay.broker.topic(old.key)
        #expect(current !== old)
        #expect(try relay.broker.topicAtHand(old.key, for: .join, as: .olga)?.topic === current)
        #expect(relay.store.numbers(in: old.key) == [1, 2])
    }

    @Test("a crowd of busy topics is not gone through for every newcomer")
    func crowd() async throws {
        let table = TopicTable(limit: 100)
        let relay = TestRelay()
        var topics: [Topic] = []
        for number in 0..<300 { topics.append(try await relay.broker.topic(.named("t\(number)"))) }
        let deadline = relay.clock.uptime
        for topic in topics { table.insert(topic, unusedSince: deadline) }
        #expect(table.count == 300)
        table.insert(topics[0], unusedSince: deadline + .seconds(1))
        #expect(table.count == 300)
        for number in 300..<330 {
            table.insert(try await relay.broker.topic(.named("t\(number)")), unusedSince: deadline + .seconds(1))
        }
        #expect(table.count < 120)
    }

    @Test("no newcomer looks at a large table as a whole, and all of it is looked at")
    func largeCrowd() {
        var crowd = TopicCrowd(limit: 100_000, shards: 256)
        let perShard = 400
        var (looks, longest, rounds) = ([Int](repeating: 0, count: 256), 0, 0)
        for count in 99_000...120_000 {
            crowd.grew(to: count)
            var looked = 0
            while looked < TopicCrowd.share, let shard = crowd.next() {
                looked += perShard
                looks[shard] += 1
                crowd.looked(freed: 0, count: count)
            }
            longest = max(longest, looked)
            rounds = max(rounds, looks.max() ?? 0)
        }
        #expect(longest <= TopicCrowd.share + perShard)
        #expect(looks.allSatisfy { (rounds - 1...rounds).contains($0) } && (1...3).contains(rounds), "\(looks)")
    }

    @Test(
        "topics are spread, are found, and are counted once",
        arguments: ["t", "sensors/building/", "a/much/longer/name/"]
    )
    func spread(prefix: String) async throws {
        let table = TopicTable(limit: 10_000)
        let relay = TestRelay()
        let key = { (number: Int) in
            let namespace = number % 2 == 0 ? nil : UserID("user-\(number % 7)")
            return TopicKey(name: TopicName(path: "\(prefix)\(number)/state"), namespace: namespace)
        }
        var topics: [Topic] = []
        for number in 0..<1_000 { topics.append(try await relay.broker.topic(key(number))) }
        for topic in topics + topics { table.insert(topic, unusedSince: relay.clock.uptime) }
        #expect(table.count == 1_000 && table.all.count == 1_000)
        let sizes = (0..<table.shards.count).map { table.shards[$0].withLock { $0.count } }
        #expect(sizes.max() ?? 0 < 60, "\(sizes)")
        for number in 0..<1_000 { #expect(table.find(key(number)) === topics[number]) }
        for topic in topics + topics { table.remove(topic) }
        #expect(table.count == 0 && table.find(key(3)) == nil)
    }

    @Test(
        "a wall clock that is set by a day neither keeps unused topics nor lets go of used ones",
        arguments: [-86_400, 86_400]
    )
    func clockSteps(step: Int64) async throws {
        let relay = TestRelay(BrokerLimits(residentTopics: 10))
        for number in 0..<10 { _ = try await relay.broker.topic(.named("old\(number)")) }
        relay.clock.step(seconds: step)
        _ = try await relay.broker.topic(.named("new"))
        #expect(relay.broker.table.count == 11, "used a moment ago")
        relay.clock.advance(seconds: 60)
        for number in 0..<10 { _ = try await relay.broker.topic(.named("newer\(number)")) }
        #expect(relay.broker.table.count <= 11, "unused for a minute")
    }

    @Test("publishers under a table that is far too small lose nothing and never overlap")
    func churn() async throws {
        let relay = TestRelay(BrokerLimits(residentTopics: 2))
        relay.store.completeAppends(.either(seed: 11))
        for number in 0..<8 { _ = try await relay.topic("t\(number)") }
        await withTaskGroup(of: Void.self) { group in
            for publisher in 0..<4 {
                group.addTask {
                    var random = SeededGenerator(seed: UInt64(publisher))
                    for number in 0..<150 {
                        relay.clock.advance(seconds: 6)
                        let path = "t\(Int.random(in: 0..<8, using: &random))"
                        let results = try? await relay.publishAll([publisher * 1_000 + number], to: path)
                        #expect(results?.allSatisfy { $0.error == nil } == true)
                    }
                }
            }
        }
        let stored = (0..<8).map { relay.store.numbers(in: .named("t\($0)")) }
        #expect(stored.flatMap { $0 }.count == 600)
        for numbers in stored {
            for publisher in 0..<4 {
                let own = numbers.filter { $0 / 1_000 == publisher }
                #expect(own == own.sorted())
            }
        }
        #expect(relay.store.calls.overlaps == 0)
    }
}

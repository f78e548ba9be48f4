import RelayCore
import RelayWire
import Testing

@Suite("How much catching up a loop's turn has")
struct CatchUpTurnTests {
    private static let topics = 20
    private static let messages = 60
    /// What a turn may hand out at most, by its messages' cost: its share, and one slice more.
    private static let bound = (256 << 10) + (64 << 10)

    private func filled(_ limits: BrokerLimits = BrokerLimits()) async throws -> (TestRelay, [Topic]) {
        let relay = TestRelay(limits)
        var topics: [Topic] = []
        for number in 0..<Self.topics {
            topics.append(try await relay.topic("t\(number)"))
            try relay.publish(1...Self.messages, to: "t\(number)")
        }
        return (relay, topics)
    }

    private static func cost(_ sinks: [TestSink]) -> Int {
        sinks.reduce(0) { $0 + $1.messages.reduce(0) { $0 + $1.memoryCost } }
    }

    /// Lets every sink read every topic from its beginning, and turns the loop until nothing is left.
    ///
    /// - Returns: what was handed out in each turn, by its messages' cost.
    private func catchUp(_ sinks: [TestSink], _ topics: [Topic], _ loop: TurningLoop) throws -> [Int] {
        for sink in sinks {
            for (tag, topic) in topics.enumerated() {
                try loop.read(topic, from: .cursor(.oldest), tag: tag, into: sink)
            }
        }
        var costs = [Self.cost(sinks)]
        var before = costs[0]
        while loop.turn() {
            let now = Self.cost(sinks)
            costs.append(now - before)
            before = now
        }
        return costs
    }

    @Test("however many readers come back at once, a turn hands out no more than its share, to one after another")
    func bounded() async throws {
        let (relay, topics) = try await self.filled()
        let loop = TurningLoop(relay)
        let sinks = (0..<20).map { _ in TestSink() }
        let costs = try self.catchUp(sinks, topics, loop)
        #expect(costs.allSatisfy { $0 <= Self.bound }, "\(costs.max() ?? 0)")
        #expect(costs.count > 20 * Self.topics * Self.messages * 256 / Self.bound)
        for sink in sinks {
            #expect(sink.numbers.count == Self.topics * Self.messages)
        }
        #expect(relay.store.calls.reads.isEmpty)
    }

    @Test("the same from the store, of which no more than some pages are in memory at a time")
    func boundedFromStore() async throws {
        let (relay, topics) = try await self.filled(BrokerLimits(hotMessagesPerTopic: 3))
        relay.store.completeReads(.held)
        let loop = TurningLoop(relay)
        let sinks = (0..<20).map { _ in TestSink() }
        for sink in sinks {
            for (tag, topic) in topics.enumerated() {
                try loop.read(topic, from: .cursor(.oldest), tag: tag, into: sink)
            }
        }
        var before = 0
        while loop.turn() || relay.store.heldReads > 0 {
            #expect(relay.store.heldReads <= 32)
            let now = Self.cost(sinks)
            // Pages that have come are handed out in their own turns, once the share is used up.
            #expect(now - before <= Self.bound)
            before = now
            relay.store.releaseReads()
        }
        #expect(sinks.allSatisfy { $0.numbers.count == Self.topics * Self.messages })
    }

    @Test("live readers are handed news in the midst of others' catching up")
    func liveMeanwhile() async throws {
        let (relay, topics) = try await self.filled()
        let loop = TurningLoop(relay)
        let live = TestSink()
        try loop.read(topics[0], into: live)
        let sinks = (0..<20).map { _ in TestSink() }
        for sink in sinks {
            for (tag, topic) in topics.enumerated() {
                try loop.read(topic, from: .cursor(.oldest), tag: tag, into: sink)
            }
        }
        try relay.publish([61], to: "t0")
        loop.turn()
        #expect(live.numbers == [61])
        #expect(sinks.contains { $0.numbers.count < Self.topics * Self.messages })
        try loop.settle()
        #expect(sinks.allSatisfy { $0.numbers.count == Self.topics * Self.messages + 1 })
    }

    @Test("a reader that has nothing to catch up with does not wait for those that have")
    func tail() async throws {
        let (relay, topics) = try await self.filled()
        let loop = TurningLoop(relay)
        let sinks = (0..<21).map { _ in TestSink() }
        for sink in sinks.dropLast() {
            for topic in topics { try loop.read(topic, from: .cursor(.oldest), into: sink) }
        }
        let reader = try loop.read(topics[0], into: sinks[20])
        #expect(!reader.isReading)
        try loop.settle()
        #expect(sinks[20].numbers.isEmpty)
    }
}

import RelayCore
import RelayWire
import Testing

@Suite("Gaps")
struct GapTests {
    private let relay: TestRelay
    private let topic: Topic
    private let loop: TurningLoop

    /// A topic that keeps its five newest messages.
    init() async throws {
        self.relay = TestRelay(BrokerLimits(retention: Retention(maxMessages: 5)))
        self.topic = try await self.relay.topic()
        self.loop = TurningLoop(self.relay)
    }

    private func id(of number: Int) -> MessageID {
        let ids = self.relay.store.ids(in: .named("news"))
        let numbers = self.relay.store.numbers(in: .named("news"))
        return zip(ids, numbers).first { $0.1 == number }?.0 ?? .max
    }

    @Test("a reader behind what is kept is told once, right before the first message it gets")
    func told() throws {
        try self.relay.publish([1])
        let cursor = self.id(of: 1)
        try self.relay.publish(2...10)
        let sink = TestSink()
        try self.loop.read(self.topic, from: .cursor(.after(cursor)), into: sink)
        try self.relay.publish([11])
        try self.loop.settle()
        let gap = Gap(after: cursor, resumedFrom: sink.ids.first)
        #expect(sink.numbers == Array(6...11))
        #expect(sink.events.first == .gap(gap))
        #expect(sink.gaps == [gap])
    }

    @Test("a blocked reader whose messages are trimmed is told when it goes on, with its own cursor")
    func blocked() throws {
        let sink = TestSink(room: 2)
        let reader = try self.loop.read(self.topic, into: sink)
        try self.relay.publish(1...4)
        try self.loop.settle()
        try self.relay.publish(5...20)
        try self.loop.settle()
        sink.room = .max
        self.loop.readers.resume(reader)
        #expect(sink.numbers == [1, 2, 16, 17, 18, 19, 20])
        #expect(sink.gaps == [Gap(after: sink.ids[1], resumedFrom: sink.ids[2])])
    }

    @Test("a live reader whose messages are trimmed before its loop looks is told")
    func live() throws {
        let sink = TestSink()
        try self.loop.read(self.topic, into: sink)
        try self.relay.publish([1])
        try self.loop.settle()
        try self.relay.publish(2...10)
        try self.loop.settle()
        #expect(sink.numbers == [1, 6, 7, 8, 9, 10])
        #expect(sink.gaps == [Gap(after: sink.ids[0], resumedFrom: sink.ids[1])])
    }

    @Test("a reader that is behind by nothing is told nothing")
    func exactlyAtTheEdge() throws {
        try self.relay.publish(1...6)
        let sink = TestSink()
        try self.loop.read(self.topic, from: .cursor(.after(self.topic.bounds.trimmedThrough)), into: sink)
        #expect(sink.numbers == [2, 3, 4, 5, 6])
        #expect(sink.gaps.isEmpty)
    }

    @Test("trimming while the store is read is told with the page")
    func duringRead() async throws {
        let relay = TestRelay(BrokerLimits(hotMessagesPerTopic: 1, retention: Retention(maxMessages: 5)))
        let topic = try await relay.topic()
        let loop = TurningLoop(relay)
        try relay.publish(1...5)
        relay.store.completeReads(.held)
        let sink = TestSink()
        try loop.read(topic, from: .cursor(.oldest), into: sink)
        try relay.publish(6...8)
        while loop.turn() || relay.store.heldReads > 0 { relay.store.releaseReads() }
        #expect(sink.numbers == Array(4...8))
        #expect(sink.gaps == [Gap(after: .zero, resumedFrom: sink.ids.first)])
    }

    @Test("an old cursor on a topic that was deleted and created again has a gap")
    func recreated() async throws {
        try self.relay.publish(1...3)
        let cursor = self.id(of: 2)
        try await self.relay.broker.deleteTopic(.named("news"), as: .olga)
        _ = try await self.relay.topic()
        let (early, late) = (TestSink(), TestSink())
        try self.loop.read(self.topic, from: .cursor(.after(cursor)), into: early)
        #expect(early.events.isEmpty)
        try self.relay.publish([4])
        try self.loop.settle()
        try self.loop.read(self.topic, from: .cursor(.after(cursor)), into: late)
        for sink in [early, late] {
            #expect(sink.numbers == [4])
            #expect(sink.gaps == [Gap(after: cursor, resumedFrom: sink.ids.first)])
        }
    }

    @Test("age trimming from outside is told to a blocked reader")
    func swept() async throws {
        let sink = TestSink(room: 0)
        let reader = try self.loop.read(self.topic, into: sink)
        let start = reader.cursor
        try self.relay.publish(1...3)
        try self.loop.settle()
        self.relay.clock.advance(seconds: 100_000)
        try self.relay.publish([4])
        try await self.relay.broker.sweep()
        sink.room = .max
        self.loop.readers.resume(reader)
        try self.loop.settle()
        #expect(sink.numbers == [4])
        #expect(sink.gaps == [Gap(after: start, resumedFrom: sink.ids.first)])
    }
}

@Suite("Messages that can't be read back")
struct UnreadableMessageTests {
    private let relay = TestRelay(BrokerLimits(hotMessagesPerTopic: 1))
    private let topic: Topic
    private let loop: TurningLoop
    private let ids: [MessageID]

    /// Six messages of which all but the last lie in the store alone; the third and fourth are damaged.
    init() async throws {
        self.topic = try await self.relay.topic()
        self.loop = TurningLoop(self.relay)
        try self.relay.publish(1...6)
        self.ids = self.relay.store.ids(in: .named("news"))
        for index in 2...3 { self.relay.store.damage(self.ids[index], in: .named("news")) }
    }

    @Test("a reader goes on behind them, and is told of a gap at their place", arguments: [1, 2, 100])
    func reader(room: Int) throws {
        let sink = TestSink(room: room)
        let reader = try self.loop.read(self.topic, from: .cursor(.oldest), into: sink)
        for _ in 0..<6 {
            sink.room = room
            self.loop.readers.resume(reader)
            try self.loop.settle()
        }
        #expect(sink.numbers == [1, 2, 5, 6])
        #expect(sink.gaps == [Gap(after: self.ids[1], resumedFrom: self.ids[4])])
    }

    @Test("history tells of them with the page that begins behind them")
    func history() async throws {
        let broker = self.relay.broker
        let first = try await broker.history(of: .named("news"), .ascending, cursor: .oldest, limit: 10, as: .olga)
        #expect(first.messages.map(\.id) == Array(self.ids.prefix(2)) && first.gap == nil)
        let second = try await broker.history(
            of: .named("news"),
            .ascending,
            cursor: .after(self.ids[1]),
            limit: 10,
            as: .olga
        )
        #expect(second.messages.map(\.id) == Array(self.ids.suffix(2)))
        #expect(second.gap == Gap(after: self.ids[1], resumedFrom: self.ids[4]))
        let newest = try await broker.history(of: .named("news"), .descending, cursor: .oldest, limit: 10, as: .olga)
        #expect(newest.messages.map(\.number) == [6, 5, 2, 1])
    }
}

import NIOCore
import Testing

@testable import RelayCore

@Suite("Messages that wait for each other")
struct GatheringTests {
    private let relay: TestRelay
    private let topic: Topic
    private let loop: TurningLoop
    private let sink = TestSink()

    init() async throws {
        self.relay = TestRelay(catalog: TopicCatalog([PlainStream(), PadBehavior()]))
        self.topic = try await self.relay.topic("pad/a")
        self.loop = TurningLoop(self.relay)
        try self.loop.read(self.topic, into: self.sink)
    }

    private func publish(_ numbers: some Sequence<Int>, to path: String = "pad/a") throws {
        try self.relay.publish(numbers, to: path)
        try self.loop.settle()
    }

    /// As much as a loop waits.
    private func waitOver() throws {
        let time = try #require(self.loop.inbox.gathersFor)
        self.relay.clock.advance(milliseconds: (time.nanoseconds + 999_999) / 1_000_000)
        self.loop.handOut()
        try self.loop.settle()
    }

    private var sizes: [Int] { self.sink.batches.map(\.messages.count) }

    @Test("what comes singly is handed out at once")
    func singly() throws {
        for number in 1...5 {
            try self.publish([number])
            #expect(self.sink.numbers == Array(1...number))
            #expect(self.loop.inbox.gathersFor == nil)
            self.relay.clock.advance(milliseconds: 20)
        }
    }

    @Test("after several at a time the next ones wait for each other, and nobody waits once they come singly again")
    func together() throws {
        try self.publish([1, 2, 3])
        #expect(self.sizes == [3])
        self.relay.clock.advance(milliseconds: 20)
        for number in 4...7 { try self.publish([number]) }
        #expect(self.sizes == [3])
        try self.waitOver()
        #expect(self.sizes == [3, 4])
        self.relay.clock.advance(milliseconds: 20)
        try self.publish([8])
        try self.waitOver()
        self.relay.clock.advance(milliseconds: 20)
        try self.publish([9])
        #expect(self.sizes == [3, 4, 1, 1])
        #expect(self.sink.numbers == Array(1...9))
    }

    @Test("what comes one by one, but fast, waits for the next as well")
    func fast() throws {
        try self.publish([1])
        self.relay.clock.advance(milliseconds: 1)
        try self.publish([2])
        self.relay.clock.advance(milliseconds: 1)
        try self.publish([3])
        self.relay.clock.advance(milliseconds: 1)
        try self.publish([4])
        #expect(self.sizes == [1, 1])
        try self.waitOver()
        #expect(self.sizes == [1, 1, 2])
    }

    @Test("topics wait each for itself, and in the order in which they began")
    func manyTopics() async throws {
        let other = try await self.relay.topic("pad/b")
        let sinkOfOther = TestSink()
        try self.loop.read(other, into: sinkOfOther)
        try self.publish([1, 2])
        try self.publish([1, 2], to: "pad/b")
        self.relay.clock.advance(milliseconds: 20)
        try self.publish([3])
        self.relay.clock.advance(milliseconds: 1)
        try self.publish([3], to: "pad/b")
        self.relay.clock.advance(milliseconds: 1)
        self.loop.handOut()
        #expect(self.sink.numbers == [1, 2, 3])
        #expect(sinkOfOther.numbers == [1, 2])
        try self.waitOver()
        #expect(sinkOfOther.numbers == [1, 2, 3])
        #expect(self.loop.inbox.gathersFor == nil)
    }

    @Test("what one hand-out does not take goes on at once, and does not wait again")
    func manyMessages() throws {
        try self.publish([1, 2])
        self.relay.clock.advance(milliseconds: 20)
        try self.publish(3...700)
        #expect(self.sink.numbers == [1, 2])
        try self.waitOver()
        #expect(self.sink.numbers == Array(1...700))
        #expect(self.sizes == [2, 256, 256, 186])
        #expect(self.loop.inbox.gathersFor == nil)
    }

    @Test("where readers are many they wait longer, and shorter waits of others still end in time")
    func manyReaders() async throws {
        let relay = TestRelay(catalog: TopicCatalog([PlainStream(), PadBehavior(gathering: .byReaders)]))
        let loop = TurningLoop(relay)
        let (crowded, calm) = (try await relay.topic("pad/crowd"), try await relay.topic("pad/calm"))
        let (sink, other) = (TestSink(), TestSink())
        try loop.read(crowded, into: sink)
        for _ in 1..<100 { try loop.read(crowded, into: TestSink()) }
        try loop.read(calm, into: other)
        func publish(_ numbers: some Sequence<Int>, to path: String) throws {
            try relay.publish(numbers, to: path)
            try loop.settle()
        }
        try publish([1, 2], to: "pad/crowd")
        try publish([1, 2], to: "pad/calm")
        relay.clock.advance(milliseconds: 100)
        try publish([3], to: "pad/crowd")
        #expect(loop.inbox.gathersFor == .milliseconds(50))
        relay.clock.advance(milliseconds: 10)
        try publish([3], to: "pad/calm")
        #expect(loop.inbox.gathersFor == .milliseconds(2))
        relay.clock.advance(milliseconds: 2)
        loop.handOut()
        #expect(other.numbers == [1, 2, 3] && sink.numbers == [1, 2])
        #expect(loop.inbox.gathersFor == .milliseconds(38))
        relay.clock.advance(milliseconds: 38)
        loop.handOut()
        #expect(sink.numbers == [1, 2, 3])
        #expect(loop.inbox.gathersFor == nil)
    }

    @Test("who may read no more, or whose topic is gone, is told at once, whatever waits")
    func accessDoesNotWait() throws {
        try self.publish([1, 2])
        self.relay.clock.advance(milliseconds: 20)
        try self.publish([3])
        #expect(self.sizes == [2])
        self.topic.apply(self.topic.access)
        try self.loop.settle()
        #expect(self.sizes == [2, 1])
        try self.publish([4, 5])
        self.topic.finishDeletion(bounds: StreamBounds())
        try self.loop.settle()
        #expect(self.sink.ends == [.topicDeleted])
    }

    @Test("waits grow with the readers, between 2 ms and a second")
    func times() {
        #expect(GatheringTime.moment.time(for: 5_000) == .milliseconds(2))
        #expect(GatheringTime.byReaders.time(for: 1) == .milliseconds(2))
        #expect(GatheringTime.byReaders.time(for: 1_000) == .milliseconds(500))
        #expect(GatheringTime.byReaders.time(for: .max / 1_000_000) == .seconds(1))
    }

    @Test("who leaves or joins meanwhile loses nothing, and hears nothing twice")
    func comingAndGoing() throws {
        let leaver = TestSink()
        let reader = try self.loop.read(self.topic, into: leaver)
        try self.publish([1, 2])
        self.relay.clock.advance(milliseconds: 20)
        try self.publish([3])
        self.loop.readers.leave(reader)
        let (late, whole) = (TestSink(), TestSink())
        try self.loop.read(self.topic, into: late)
        try self.loop.read(self.topic, from: .cursor(.oldest), into: whole)
        try self.publish([4])
        try self.waitOver()
        #expect(leaver.numbers == [1, 2])
        #expect(late.numbers == [4])
        #expect(self.sink.numbers == [1, 2, 3, 4])
        #expect(whole.numbers == [1, 2, 3, 4])
    }

    @Test("a topic that nobody reads any more when its wait is over is left alone")
    func abandoned() async throws {
        let topic = try await self.relay.topic("pad/c")
        let sink = TestSink()
        let reader = try self.loop.read(topic, into: sink)
        try self.publish([1, 2], to: "pad/c")
        self.relay.clock.advance(milliseconds: 20)
        try self.publish([3], to: "pad/c")
        self.loop.readers.leave(reader)
        try self.waitOver()
        let again = TestSink()
        try self.loop.read(topic, from: .cursor(.oldest), into: again)
        try self.publish([4], to: "pad/c")
        #expect(sink.numbers == [1, 2])
        #expect(again.numbers == [1, 2, 3, 4])
    }

    @Test("readers are told of a topic's end, and of their leave to read, after the wait at the latest")
    func end() async throws {
        try self.publish([1, 2])
        self.relay.clock.advance(milliseconds: 20)
        try self.publish([3])
        try await self.relay.broker.deleteTopic(.named("pad/a"), as: .olga)
        try self.loop.settle()
        try self.waitOver()
        #expect(self.sink.ends.count == 1)
    }
}

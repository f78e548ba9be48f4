import RelayWire
import Synchronization
import Testing

@testable import RelayCore

@Suite("What is left behind")
struct LifetimeTests {
    @Test("nothing of readers that have left, not even of those that were reading the store")
    func left() async throws {
        let relay = TestRelay(BrokerLimits(hotMessagesPerTopic: 1))
        let loop = TurningLoop(relay)
        let topic = try await relay.topic()
        try relay.publish(1...5)
        relay.store.completeReads(.held)
        weak var lastReader: Reader?
        weak var lastSink: TestSink?
        for round in 0..<20 {
            let sink = TestSink(room: round % 3)
            let start: ReaderStart = round.isMultiple(of: 2) ? .tail : .cursor(.oldest)
            let reader = try loop.read(topic, from: start, into: sink)
            try relay.publish([round])
            loop.turn()
            (lastReader, lastSink) = (reader, sink)
            loop.readers.leave(reader)
        }
        relay.store.releaseReads()
        try loop.settle()
        #expect(loop.readers.groups.isEmpty)
        #expect(loop.readers.pendingReads.isEmpty)
        #expect(loop.readers.sinksToFlush.isEmpty)
        #expect(topic.state.withLock { $0.loops.isEmpty })
        #expect(lastReader == nil)
        #expect(lastSink == nil)
    }

    @Test("a sink is there until its reader has left, even where its edge has let go of it")
    func kept() async throws {
        let relay = TestRelay()
        let loop = TurningLoop(relay)
        let topic = try await relay.topic()
        weak var sink: TestSink?
        let reader: Reader
        do {
            let own = TestSink()
            sink = own
            reader = try loop.read(topic, into: own)
        }
        try #require(sink != nil)
        try relay.publish(1...3)
        try loop.settle()
        #expect(sink?.numbers == [1, 2, 3])
        loop.readers.leave(reader)
    }

    @Test("nothing of a broker that is dropped, once its readers have left")
    func dropped() async throws {
        weak var topic: Topic?
        weak var broker: Broker?
        do {
            let relay = TestRelay()
            let loop = TurningLoop(relay)
            let current = try await relay.topic()
            let sink = TestSink()
            let reader = try loop.read(current, into: sink)
            try relay.publish(1...5)
            try loop.settle()
            loop.readers.leave(reader)
            (topic, broker) = (current, relay.broker)
        }
        #expect(topic == nil)
        #expect(broker == nil)
    }

    @Test("readers that wait for nothing new cost a turn nothing: only those that go on are looked at")
    func waiting() async throws {
        let relay = TestRelay()
        let loop = TurningLoop(relay)
        let topic = try await relay.topic()
        let (slow, live) = (TestSink(room: 0), TestSink())
        try loop.read(topic, into: slow)
        try loop.read(topic, into: live)
        try relay.publish([1])
        try loop.settle()
        let group = try #require(loop.readers.groups.values.first)
        #expect(group.waitingNow.isEmpty)
        #expect(group.live.count == 1)
        #expect(group.all.count == 2)
        let flushes = slow.flushes
        for number in 2...20 {
            try relay.publish([number])
            try loop.settle()
        }
        #expect(slow.flushes == flushes)
    }
}

import RelayCore
import RelayWire
import Testing

@Suite("Catching up from the store")
struct CatchUpTests {
    private let relay: TestRelay
    private let topic: Topic
    private let loop: TurningLoop

    /// A topic that keeps its three newest messages in memory.
    init() async throws {
        self.relay = TestRelay(BrokerLimits(hotMessagesPerTopic: 3))
        self.topic = try await self.relay.topic()
        self.loop = TurningLoop(self.relay)
    }

    @Test("a reader behind the hot tier is handed the store's messages, then the live ones")
    func catchesUp() throws {
        try self.relay.publish(1...700)
        let sink = TestSink()
        let reader = try self.loop.read(self.topic, from: .cursor(.oldest), into: sink)
        #expect(reader.isReading)
        try self.loop.settle()
        #expect(!reader.isReading)
        try self.relay.publish([701])
        try self.loop.settle()
        #expect(sink.numbers == Array(1...701))
        #expect(sink.gaps.isEmpty)
    }

    @Test("what is published while the store is read comes after it, once")
    func concurrently() throws {
        try self.relay.publish(1...20)
        self.relay.store.completeReads(.held)
        let sink = TestSink()
        try self.loop.read(self.topic, from: .cursor(.oldest), into: sink)
        for number in 21...40 {
            try self.relay.publish([number])
            if number.isMultiple(of: 3) { self.loop.turn() }
            if number.isMultiple(of: 5) { self.relay.store.releaseReads() }
        }
        while self.loop.turn() || self.relay.store.heldReads > 0 { self.relay.store.releaseReads() }
        #expect(sink.numbers == Array(1...40))
    }

    @Test("a live group that the hot tier outruns reads on from the store, each for itself")
    func strands() throws {
        let sinks = (0..<3).map { _ in TestSink() }
        for sink in sinks { try self.loop.read(self.topic, into: sink) }
        try self.relay.publish(1...10)
        try self.loop.settle()
        try self.relay.publish([11])
        try self.loop.settle()
        for sink in sinks {
            #expect(sink.numbers == Array(1...11))
            #expect(sink.gaps.isEmpty)
        }
        #expect(sinks[0].batches.last === sinks[1].batches.last)
    }

    @Test("a slow reader far behind takes from the store no more than it has room for")
    func slowCatchUp() throws {
        try self.relay.publish(1...30)
        let sink = TestSink(room: 7)
        let reader = try self.loop.read(self.topic, from: .cursor(.oldest), into: sink)
        try self.loop.settle()
        #expect(sink.numbers == Array(1...7))
        #expect(reader.isBlocked)
        for _ in 0..<10 {
            sink.room = 7
            self.loop.readers.resume(reader)
            try self.loop.settle()
        }
        #expect(sink.numbers == Array(1...30))
        #expect(sink.overflows == 0)
        #expect(self.relay.store.calls.reads.allSatisfy { $0.maxMessages <= 7 })
    }

    @Test("room that shrinks while the store is read is kept to")
    func roomShrinks() throws {
        try self.relay.publish(1...30)
        self.relay.store.completeReads(.held)
        let sink = TestSink(room: 20)
        let reader = try self.loop.read(self.topic, from: .cursor(.oldest), into: sink)
        sink.room = 2
        self.relay.store.releaseReads()
        try self.loop.settle()
        #expect(sink.numbers == [1, 2])
        #expect(sink.overflows == 0)
        self.relay.store.completeReads(.inline)
        sink.room = .max
        self.loop.readers.resume(reader)
        try self.loop.settle()
        #expect(sink.numbers == Array(1...30))
    }

    @Test("a store that can't be read ends the reader; the others go on")
    func storeFails() throws {
        try self.relay.publish(1...10)
        let (failing, live) = (TestSink(), TestSink())
        try self.loop.read(self.topic, into: live)
        let error = StoreError(.unavailable, "gone")
        self.relay.store.failReads(error)
        try self.loop.read(self.topic, from: .cursor(.oldest), into: failing)
        try self.loop.settle()
        #expect(failing.events == [.ended(.storeFailed(error))])
        try self.relay.publish([11])
        try self.loop.settle()
        #expect(live.numbers == [11])
        #expect(failing.numbers.isEmpty)
    }

    @Test("a reader that leaves while the store is read gets nothing of it")
    func leavesMeanwhile() throws {
        try self.relay.publish(1...10)
        self.relay.store.completeReads(.held)
        let sink = TestSink()
        let reader = try self.loop.read(self.topic, from: .cursor(.oldest), into: sink)
        self.loop.readers.leave(reader)
        self.relay.store.releaseReads()
        try self.loop.settle()
        #expect(sink.events.isEmpty)
    }

    @Test("messages that expired in the store are passed over")
    func expired() throws {
        try self.relay.publish(1...5, ttl: 1)
        try self.relay.publish(6...7)
        try self.relay.publish(8...12, ttl: 1)
        self.relay.clock.advance(seconds: 1)
        let sink = TestSink()
        try self.loop.read(self.topic, from: .cursor(.oldest), into: sink)
        try self.loop.settle()
        #expect(sink.numbers == [6, 7])
        #expect(sink.gaps.isEmpty)
        try self.relay.publish([13])
        try self.loop.settle()
        #expect(sink.numbers == [6, 7, 13])
    }

    @Test("a message whose append seemed to fail, but was stored, reaches live readers with the next one")
    func outcomeUnknown() throws {
        let sink = TestSink()
        try self.loop.read(self.topic, into: sink)
        self.relay.store.failAppends([.init(error: StoreError(.outcomeUnknown, "lost answer"), isStored: true)])
        try self.relay.publish([1, 2])
        try self.loop.settle()
        #expect(sink.numbers == self.relay.store.numbers(in: .named("news")))
        #expect(sink.numbers == [1, 2])
        #expect(sink.gaps.isEmpty)
    }
}

import RelayWire
import Testing

@testable import RelayCore

@Suite("Where a reader begins")
struct JoinTests {
    private let relay = TestRelay()

    private func prepared() async throws -> (Topic, TurningLoop) {
        let topic = try await self.relay.topic()
        try self.relay.publish(1...5)
        return (topic, TurningLoop(self.relay))
    }

    @Test("at the tail: with the next message")
    func tail() async throws {
        let (topic, loop) = try await self.prepared()
        let sink = TestSink()
        let reader = try loop.join(topic, into: sink)
        #expect(reader.cursor == topic.bounds.last)
        try self.relay.publish([6])
        loop.readers.start(reader)
        try loop.settle()
        #expect(sink.numbers == [6])
    }

    @Test("at the oldest message kept, without a gap whatever was trimmed before")
    func oldest() async throws {
        let relay = TestRelay(BrokerLimits(retention: Retention(maxMessages: 3)))
        let topic = try await relay.topic()
        try relay.publish(1...5)
        let sink = TestSink()
        try TurningLoop(relay).read(topic, from: .cursor(.oldest), into: sink)
        #expect(sink.numbers == [3, 4, 5])
        #expect(sink.gaps.isEmpty)
    }

    @Test("after an id, whether or not there is such a message")
    func afterID() async throws {
        let (topic, loop) = try await self.prepared()
        let ids = self.relay.store.ids(in: .named("news"))
        let sink = TestSink()
        try loop.read(topic, from: .cursor(.after(ids[2])), into: sink)
        #expect(sink.numbers == [4, 5])
        let between = MessageID(milliseconds: ids[0].milliseconds - 1, sequence: 99)
        let other = TestSink()
        try loop.read(topic, from: .cursor(.after(between)), into: other)
        #expect(other.numbers == [1, 2, 3, 4, 5])
    }

    @Test("after an id that is yet to come: with the first message after that")
    func future() async throws {
        let (topic, loop) = try await self.prepared()
        let last = topic.bounds.last
        let sink = TestSink()
        let future = MessageID(milliseconds: last.milliseconds, sequence: last.sequence + 2)
        let reader = try loop.read(topic, from: .cursor(.after(future)), into: sink)
        #expect(sink.events.isEmpty)
        #expect(!reader.isReading)
        for number in 6...9 {
            try self.relay.publish([number])
            try loop.settle()
        }
        #expect(sink.numbers == [8, 9])
    }

    @Test("on a topic that does not exist yet: with its first message")
    func missing() async throws {
        let loop = TurningLoop(self.relay)
        let sink = TestSink()
        try loop.read(try await self.relay.broker.topic(.named("later")), into: sink)
        try await self.relay.publishAll([1], to: "later")
        try loop.settle()
        #expect(sink.numbers == [1])
        #expect(sink.ends.isEmpty)
    }

    @Test("who may not read is not joined, and leaves nothing behind", arguments: [Principal.sven, nil])
    func denied(principal: Principal?) async throws {
        let (topic, loop) = try await self.prepared()
        let sink = TestSink(principal)
        guard case .denied = loop.readers.join(topic, start: .tail, tag: 0, sink: sink) else {
            Issue.record("joined without leave")
            return
        }
        try self.relay.publish([6])
        #expect(loop.inbox.hints == 0)
    }

    @Test("a topic that has left memory must be looked up again")
    func moved() async throws {
        let (topic, loop) = try await self.prepared()
        self.relay.clock.advance(seconds: 60)
        #expect(topic.retire(ifUnusedSince: self.relay.clock.uptime))
        let sink = TestSink()
        guard case .moved = loop.readers.join(topic, start: .tail, tag: 0, sink: sink) else {
            Issue.record("joined a topic that is out of service")
            return
        }
        let current = try await self.relay.broker.topic(.named("news"))
        try loop.read(current, from: .cursor(.oldest), into: sink)
        try loop.settle()
        #expect(sink.numbers == [1, 2, 3, 4, 5])
    }
}

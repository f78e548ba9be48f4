import NIOCore
import RelayCore
import RelayWire
import Testing

@Suite("Readers of a stream with a snapshot")
struct SnapshotTests {
    private let relay: TestRelay
    private let topic: Topic
    private let loop: TurningLoop

    /// A topic that keeps its three newest messages in memory.
    init() async throws {
        self.relay = TestRelay(BrokerLimits(hotMessagesPerTopic: 3))
        self.topic = try await self.relay.topic()
        self.loop = TurningLoop(self.relay)
    }

    /// Puts one in the place of that message.
    private func put(_ number: Int, at place: Int) async throws {
        let key = TopicKey.named("news")
        let snapshot = StreamSnapshot(
            topic: key,
            id: self.relay.store.ids(in: key)[place - 1],
            payload: ByteBuffer(string: "\(number)"),
            format: .binary,
            known: self.topic.bounds,
            retention: Retention(),
            now: self.relay.clock.now
        )
        guard case .stored = try await self.relay.store.putSnapshot(snapshot) else {
            Issue.record("the snapshot was not stored")
            return
        }
    }

    @Test("a reader from before it gets the snapshot and what follows, and is told of no gap")
    func before() async throws {
        try self.relay.publish(1...20)
        let ids = self.relay.store.ids(in: .named("news"))
        try await self.put(1012, at: 12)
        for cursor in [Cursor.oldest, .after(ids[0]), .after(ids[10])] {
            let sink = TestSink()
            try self.loop.read(self.topic, from: .cursor(cursor), into: sink)
            try self.loop.settle()
            #expect(sink.numbers == [1012] + Array(13...20))
            #expect(sink.gaps.isEmpty)
        }
        let behind = TestSink()
        try self.loop.read(self.topic, from: .cursor(.after(ids[11])), into: behind)
        try self.loop.settle()
        #expect(behind.numbers == Array(13...20) && behind.gaps.isEmpty)
    }

    @Test("a snapshot that lies behind the stretch that was asked for is taken, once, and nothing before it")
    func beyondTheStretch() async throws {
        try self.relay.publish(1...20)
        self.relay.store.completeReads(.held)
        let sink = TestSink()
        try self.loop.read(self.topic, from: .cursor(.oldest), into: sink)
        while self.relay.store.heldReads == 0 { self.loop.turn() }
        // Its group does not know of these yet.
        try self.relay.publish(21...25)
        try await self.put(1023, at: 23)
        while self.loop.turn() || self.relay.store.heldReads > 0 { self.relay.store.releaseReads() }
        #expect(sink.numbers == [1023, 24, 25])
        #expect(sink.gaps.isEmpty)
        try self.relay.publish([26])
        try self.loop.settle()
        #expect(sink.numbers == [1023, 24, 25, 26])
    }

    @Test("a page of history from before it begins with the snapshot, without a gap")
    func history() async throws {
        try self.relay.publish(1...20)
        try await self.put(1012, at: 12)
        let ids = self.relay.store.ids(in: .named("news"))
        let page = try await self.relay.broker.history(
            of: .named("news"),
            .ascending,
            cursor: .after(.zero),
            limit: 4,
            as: .olga
        )
        #expect(page.messages.compactMap(\.number) == [1012, 13, 14, 15])
        #expect(page.messages.first?.id == ids[0] && page.messages.first?.isSnapshot == true)
        #expect(page.gap == nil)
    }
}

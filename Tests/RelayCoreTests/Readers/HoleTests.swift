import RelayCore
import RelayWire
import Testing

/// A topic of whose messages 1 to 6 the store lost the last three, after which 7 and 8 came.
@Suite("Holes, which a store left when it lost messages")
struct HoleTests {
    private let relay: TestRelay
    private let topic: Topic
    private let loop: TurningLoop
    /// By the messages' numbers, those that were lost among them; the first is zero.
    private let ids: [MessageID]
    private let key = TopicKey.named("news")

    init() async throws {
        let before = TestRelay()
        _ = try await before.topic()
        try before.publish(1...6)
        let ids = before.store.ids(in: .named("news"))
        before.store.loseTail(of: 3, in: .named("news"))
        self.relay = before.restarted()
        self.topic = try await self.relay.loaded()
        try self.relay.publish(7...8)
        self.ids = [.zero] + ids + self.relay.store.ids(in: .named("news")).suffix(2)
        self.loop = TurningLoop(self.relay)
    }

    private func gap(_ after: Int, to next: Int = 7) -> TestSink.Event {
        .gap(Gap(after: self.ids[after], resumedFrom: self.ids[next], epoch: self.topic.bounds.epoch.id))
    }

    private func read(_ start: ReaderStart, room: Int = .max) throws -> (TestSink, Reader) {
        let sink = TestSink(room: room)
        let reader = try self.loop.read(self.topic, from: start, into: sink)
        try self.loop.settle()
        return (sink, reader)
    }

    private func messages(_ numbers: ClosedRange<Int>) -> [TestSink.Event] { self.ids[numbers].map { .message($0) } }

    @Test("a reader that comes from before the hole is told where it passes it", arguments: 0...3)
    func passes(cursor: Int) throws {
        let (sink, _) = try self.read(.cursor(.after(self.ids[cursor])))
        let before = cursor < 3 ? self.messages(cursor + 1...3) : []
        #expect(sink.events == before + [self.gap(3)] + self.messages(7...8))
    }

    @Test(
        "a reader that stands in the hole is told before the first message, and until then no epoch",
        arguments: 4...6
    )
    func inside(cursor: Int) throws {
        let (sink, _) = try self.read(.cursor(.after(self.ids[cursor])))
        #expect(sink.events == [self.gap(cursor)] + self.messages(7...8))
        let (_, waiting) = try self.read(.cursor(.after(self.ids[cursor])), room: 0)
        #expect(waiting.toldEpoch == nil)
        #expect(waiting.toldCursor == self.ids[cursor])
    }

    @Test("a reader from after the hole is told nothing, nor is one at the end", arguments: 7...8)
    func behind(cursor: Int) throws {
        for start in [ReaderStart.cursor(.after(self.ids[cursor])), .tail] {
            let (sink, reader) = try self.read(start)
            #expect(sink.gaps.isEmpty)
            #expect(reader.toldEpoch == self.topic.bounds.epoch.id)
        }
    }

    @Test("a reader with the oldest message is told on its way")
    func oldest() throws {
        let (sink, _) = try self.read(.cursor(.oldest))
        #expect(sink.events == self.messages(1...3) + [self.gap(3)] + self.messages(7...8))
    }

    @Test("a reader that stops before the hole comes back to it with its epoch, and is told", arguments: 1...5)
    func stops(room: Int) throws {
        let (sink, reader) = try self.read(.cursor(.oldest), room: room)
        let epoch = try #require(room == 3 ? self.topic.bounds.epoch.id : reader.toldEpoch)
        self.loop.readers.leave(reader)
        let last = try #require(sink.ids.last)
        let (rest, _) = try self.read(.cursor(.inEpoch(epoch, after: last)))
        let expected = self.messages(1...3) + [self.gap(3)] + self.messages(7...8)
        #expect(sink.events + rest.events == expected)
    }

    @Test("a live reader that came from before the hole is told once, with the first message after it")
    func liveInHole() async throws {
        let relay = TestRelay()
        _ = try await relay.topic()
        try relay.publish(1...2)
        relay.store.loseTail(of: 1, in: self.key)
        let again = relay.restarted()
        let topic = try await again.loaded()
        let loop = TurningLoop(again)
        let sink = TestSink()
        let reader = try loop.read(topic, from: .cursor(.oldest), into: sink)
        try loop.settle()
        #expect(sink.numbers == [1] && sink.gaps.isEmpty)
        #expect(loop.readers.position(of: reader) == topic.bounds.last)
        #expect(loop.readers.cursor(of: reader) == sink.ids[0] && reader.toldEpoch == nil)
        for number in 3...4 {
            try again.publish([number])
            try loop.settle()
        }
        #expect(sink.numbers == [1, 3, 4])
        #expect(sink.gaps.map(\.after) == [sink.ids[0]])
        #expect(sink.gaps.map(\.resumedFrom) == [sink.ids[1]])
    }

    @Test("a page of history ends at the hole, and the next one tells of it")
    func history() async throws {
        let page = { (cursor: Cursor) in
            try await self.relay.broker.history(of: self.key, .ascending, cursor: cursor, limit: 10, as: .olga)
        }
        let first = try await page(.oldest)
        #expect(first.messages.map(\.id) == Array(self.ids[1...3]))
        #expect(first.gap == nil)
        for cursor in 3...6 {
            let next = try await page(.after(self.ids[cursor]))
            #expect(next.messages.map(\.id) == Array(self.ids[7...8]))
            #expect(next.gap?.after == self.ids[cursor])
            #expect(next.gap?.resumedFrom == self.ids[7])
        }
        let last = try await page(.after(self.ids[7]))
        #expect(last.messages.map(\.id) == [self.ids[8]])
        #expect(last.gap == nil)
    }
}

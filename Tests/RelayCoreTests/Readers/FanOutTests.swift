import NIOCore
import RelayCore
import Synchronization
import Testing

@Suite("Live delivery")
struct FanOutTests {
    private let relay: TestRelay
    private let topic: Topic
    private let loop: TurningLoop

    init() async throws {
        self.relay = TestRelay()
        self.topic = try await self.relay.topic()
        self.loop = TurningLoop(self.relay)
    }

    @Test("a live reader gets what is published after it joined, in order, flushed once a turn at least")
    func live() throws {
        try self.relay.publish([1, 2])
        let sink = TestSink()
        try self.loop.read(self.topic, into: sink)
        try self.relay.publish(3...7)
        #expect(self.loop.inbox.hints == 1)
        #expect(sink.numbers.isEmpty)
        let flushes = sink.flushes
        try self.loop.settle()
        #expect(sink.numbers == [3, 4, 5, 6, 7])
        #expect(sink.flushes > flushes)
        #expect(self.relay.store.calls.reads.isEmpty)
    }

    @Test("live readers share one batch, encoded once per format")
    func sharesEncoding() throws {
        let sinks = (0..<20).map { _ in TestSink() }
        for sink in sinks {
            try self.loop.read(self.topic, into: sink)
            sink.onDelivery = { [unowned sink] _ in _ = sink.batches.last?.encoded(as: CountedFormat.self) }
        }
        try self.relay.publish([1, 2])
        try self.loop.settle()
        let first = try #require(sinks[0].batches.first)
        #expect(sinks.allSatisfy { $0.batches.count == 1 && $0.batches[0] === first })
        #expect(CountedFormat.encodings.load(ordering: .relaxed) == 1)
        #expect(String(buffer: first.encoded(as: CountedFormat.self)) == "news:2")
        #expect(String(buffer: first.encoded(as: OtherFormat.self)) == "other")
    }

    @Test("a reader without room keeps its place and later gets everything; the others do not notice")
    func slowReader() throws {
        let slow = TestSink(room: 3)
        let fast = TestSink()
        let reader = try self.loop.read(self.topic, into: slow)
        try self.loop.read(self.topic, into: fast)
        for number in 1...10 {
            try self.relay.publish([number])
            try self.loop.settle()
        }
        #expect(slow.numbers == [1, 2, 3])
        #expect(reader.isBlocked)
        #expect(fast.numbers == Array(1...10))
        #expect(fast.batches.count == 10)
        slow.room = 4
        self.loop.readers.resume(reader)
        #expect(slow.numbers == Array(1...7))
        slow.room = .max
        self.loop.readers.resume(reader)
        try self.relay.publish([11])
        try self.loop.settle()
        #expect(slow.numbers == Array(1...11))
        #expect(slow.overflows == 0)
        #expect(slow.batches.last === fast.batches.last)
    }

    @Test("a reader with less room than a slice takes its part of it")
    func partOfSlice() throws {
        let sink = TestSink(room: 4)
        let reader = try self.loop.read(self.topic, into: sink)
        try self.relay.publish(1...10)
        try self.loop.settle()
        #expect(sink.numbers == [1, 2, 3, 4])
        #expect(reader.isBlocked)
        #expect(sink.overflows == 0)
    }

    @Test("news larger than one turn's share goes out over several turns")
    func longSlice() throws {
        let sink = TestSink()
        try self.loop.read(self.topic, into: sink)
        try self.relay.publish(1...1_000)
        #expect(self.loop.turn())
        #expect(sink.numbers.count < 1_000)
        try self.loop.settle()
        #expect(sink.numbers == Array(1...1_000))
    }

    @Test("many topics in one turn each reach their readers, tagged")
    func manyTopics() async throws {
        let sink = TestSink()
        var tags: [Int] = []
        sink.onDelivery = { tags.append($0.tag) }
        for number in 0..<50 {
            try self.loop.read(try await self.relay.topic("t\(number)"), tag: number, into: sink)
        }
        for number in 0..<50 { try self.relay.publish([number], to: "t\(number)") }
        #expect(self.loop.inbox.hints == 50)
        self.loop.turn()
        #expect(sink.numbers.sorted() == Array(0..<50))
        #expect(tags.sorted() == Array(0..<50))
        #expect(!self.loop.turn())
    }

    @Test("two loops each get everything")
    func twoLoops() throws {
        let other = TurningLoop(self.relay)
        let (here, there) = (TestSink(), TestSink())
        try self.loop.read(self.topic, into: here)
        try other.read(self.topic, into: there)
        try self.relay.publish(1...3)
        try self.loop.settle()
        #expect(there.numbers.isEmpty)
        try other.settle()
        #expect(here.numbers == there.numbers)
    }

    @Test("a loop is told once, however many readers have more to do")
    func oneHint() throws {
        try self.relay.publish(1...60)
        let sinks = (0..<30).map { _ in TestSink() }
        for sink in sinks {
            sink.atOnce = 1
            try self.loop.read(self.topic, from: .cursor(.oldest), into: sink)
        }
        #expect(self.loop.inbox.hints == 0 && self.loop.inbox.comesBack)
        while self.loop.turn() { #expect(self.loop.inbox.hints == 0) }
        #expect(sinks.allSatisfy { $0.numbers == Array(1...60) })
    }

    @Test("who has left gets nothing, and a topic without readers no longer tells the loop")
    func leaves() throws {
        let sink = TestSink()
        let reader = try self.loop.read(self.topic, into: sink)
        try self.relay.publish([1])
        self.loop.readers.leave(reader)
        self.loop.readers.leave(reader)
        try self.loop.settle()
        try self.relay.publish([2])
        #expect(self.loop.inbox.hints == 0)
        #expect(sink.events.isEmpty)
    }

    @Test("an expired message is not delivered to who comes too late for it")
    func expires() throws {
        let (live, late) = (TestSink(), TestSink(room: 0))
        try self.loop.read(self.topic, into: live)
        let blocked = try self.loop.read(self.topic, into: late)
        try self.relay.publish([1], ttl: 5)
        try self.relay.publish([2])
        try self.loop.settle()
        self.relay.clock.advance(seconds: 5)
        late.room = .max
        self.loop.readers.resume(blocked)
        let newcomer = TestSink()
        try self.loop.read(self.topic, from: .cursor(.oldest), into: newcomer)
        #expect(live.numbers == [1, 2])
        #expect(late.numbers == [2])
        #expect(newcomer.numbers == [2])
        #expect(late.gaps.isEmpty && newcomer.gaps.isEmpty)
    }
}

private enum CountedFormat: BatchFormat {
    static let encodings = Atomic<Int>(0)

    static func encode(_ messages: [Message], of topic: TopicName) -> ByteBuffer {
        self.encodings.add(1, ordering: .relaxed)
        return ByteBuffer(string: "\(topic):\(messages.count)")
    }
}

private enum OtherFormat: BatchFormat {
    static func encode(_ messages: [Message], of topic: TopicName) -> ByteBuffer {
        ByteBuffer(string: "other")
    }
}

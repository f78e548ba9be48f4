import RelayCore
import RelayWire
import SeededRandom
import Testing

@Suite("Sinks that act from inside of what they are told")
struct ReentrancyTests {
    private let relay: TestRelay
    private let topic: Topic
    private let loop: TurningLoop

    init() async throws {
        self.relay = TestRelay()
        self.topic = try await self.relay.topic()
        self.loop = TurningLoop(self.relay)
    }

    @Test("a reader that leaves at any delivery of its catching up gets nothing after it", arguments: 1...9)
    func leavesWhileCatchingUp(delivery: Int) throws {
        try self.relay.publish(1...10)
        let sink = TestSink()
        sink.atOnce = 1
        sink.onDelivery = { [unowned sink] in if sink.batches.count == delivery { self.loop.readers.leave($0) } }
        try self.loop.read(self.topic, from: .cursor(.oldest), into: sink)
        try self.relay.publish([11])
        try self.loop.settle()
        #expect(sink.numbers == Array(1...delivery))
        #expect(self.loop.inbox.hints == 0)
    }

    @Test("a reader that leaves when told of a gap gets nothing after it")
    func leavesAtGap() async throws {
        let relay = TestRelay(BrokerLimits(retention: Retention(maxMessages: 2)))
        let loop = TurningLoop(relay)
        let topic = try await relay.topic()
        try relay.publish(1...5)
        let sink = TestSink()
        sink.onGap = { loop.readers.leave($0) }
        try loop.read(topic, from: .cursor(.after(.zero)), into: sink)
        #expect(sink.gaps.count == 1)
        #expect(sink.numbers.isEmpty)
    }

    @Test("a reader that another one takes out in the midst of a fan-out is not handed the slice")
    func leavesOthers() throws {
        let sinks = (0..<6).map { _ in TestSink() }
        let readers = try sinks.map { try self.loop.read(self.topic, into: $0) }
        for (index, sink) in sinks.enumerated() {
            sink.onDelivery = { _ in
                for other in readers.indices where other != index { self.loop.readers.leave(readers[other]) }
            }
        }
        try self.relay.publish([1])
        try self.loop.settle()
        try self.relay.publish([2])
        try self.loop.settle()
        let served = sinks.filter { !$0.numbers.isEmpty }
        #expect(served.map(\.numbers) == [[1, 2]])
    }

    @Test("a reader with more room from inside its delivery is not handed a message twice")
    func resumesInside() throws {
        let sink = TestSink(room: 1)
        sink.onDelivery = { [unowned sink] in
            sink.room = 1
            self.loop.readers.resume($0)
        }
        let reader = try self.loop.read(self.topic, into: sink)
        sink.room = 0
        try self.relay.publish(1...10)
        try self.loop.settle()
        sink.room = 1
        self.loop.readers.resume(reader)
        try self.loop.settle()
        #expect(sink.numbers == Array(1...10))
    }

    @Test("a fast connection that has room again with each flush goes on turn by turn, not ever deeper")
    func resumesAtFlush() throws {
        try self.relay.publish(1...2_000)
        let sink = TestSink(room: 1)
        var depth = 0
        var maxDepth = 0
        let reader = try self.loop.join(self.topic, from: .cursor(.oldest), into: sink)
        sink.onFlush = { [unowned sink] in
            depth += 1
            maxDepth = max(maxDepth, depth)
            sink.room = 1
            self.loop.readers.resume(reader)
            depth -= 1
        }
        self.loop.readers.start(reader)
        #expect(sink.numbers.count < 10)
        try self.loop.settle()
        #expect(sink.numbers == Array(1...2_000))
        #expect(maxDepth == 1)
    }

    @Test("readers that join from inside a delivery get everything after their cursor once")
    func joinsInside() throws {
        let first = TestSink()
        let (tail, oldest) = (TestSink(), TestSink())
        first.onDelivery = { [unowned first] _ in
            guard first.batches.count == 1 else { return }
            for (start, sink) in [(ReaderStart.tail, tail), (.cursor(.oldest), oldest)] {
                if case .joined(let reader) = self.loop.readers.join(self.topic, start: start, tag: 0, sink: sink) {
                    self.loop.readers.start(reader)
                }
            }
        }
        try self.loop.read(self.topic, into: first)
        try self.relay.publish([1, 2])
        try self.loop.settle()
        try self.relay.publish([3])
        try self.loop.settle()
        #expect(first.numbers == [1, 2, 3])
        #expect(tail.numbers == [3])
        #expect(oldest.numbers == [1, 2, 3])
    }

    @Test("the last reader may leave, and a new one come, from inside a delivery")
    func lastLeavesAndJoins() throws {
        let (first, second) = (TestSink(), TestSink())
        first.onDelivery = { reader in
            self.loop.readers.leave(reader)
            if case .joined(let next) = self.loop.readers.join(self.topic, start: .tail, tag: 0, sink: second) {
                self.loop.readers.start(next)
            }
        }
        try self.loop.read(self.topic, into: first)
        try self.relay.publish([1])
        try self.loop.settle()
        try self.relay.publish([2])
        try self.loop.settle()
        #expect(first.numbers == [1])
        #expect(second.numbers == [2])
    }

    @Test("a reader that was ended may be replaced from inside its ending")
    func joinsWhenEnded() async throws {
        let (first, second) = (TestSink(), TestSink())
        first.onEnd = { _ in
            if case .joined(let next) = self.loop.readers.join(self.topic, start: .tail, tag: 0, sink: second) {
                self.loop.readers.start(next)
            }
        }
        try self.loop.read(self.topic, into: first)
        try await self.relay.broker.deleteTopic(.named("news"), as: .olga)
        try self.loop.settle()
        try await self.relay.publishAll([1])
        try self.loop.settle()
        #expect(first.ends == [.topicDeleted])
        #expect(second.numbers == [1])
        #expect(second.ends.isEmpty)
    }

    @Test(
        "random acts from inside of everything leave nobody with a gap, a repeat, or a message after the end",
        arguments: 1...10
    )
    func randomActs(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var open: [(Reader, TestSink)] = []
        var all: [TestSink] = []
        func act() {
            guard all.count < 200, random.chance(40) else { return }
            switch Int.random(in: 0..<3, using: &random) {
            case 0 where !open.isEmpty:
                self.loop.readers.leave(open.remove(at: .random(in: open.indices, using: &random)).0)
            case 1 where !open.isEmpty:
                let (reader, sink) = open[.random(in: open.indices, using: &random)]
                sink.room = .random(in: 0...9, using: &random)
                self.loop.readers.resume(reader)
            default:
                let sink = TestSink(room: .random(in: 0...9, using: &random))
                sink.onDelivery = { _ in act() }
                sink.onFlush = { act() }
                all.append(sink)
                let joining = self.loop.readers.join(self.topic, start: .cursor(.oldest), tag: 0, sink: sink)
                guard case .joined(let reader) = joining else { return }
                open.append((reader, sink))
                self.loop.readers.start(reader)
            }
        }
        for number in 1...200 {
            try self.relay.publish([number])
            act()
            if random.chance(50) { self.loop.turn() }
        }
        let survivors = open
        for (reader, sink) in survivors {
            sink.onDelivery = { _ in }
            sink.onFlush = {}
            sink.room = .max
            self.loop.readers.resume(reader)
        }
        for sink in all {
            sink.onDelivery = { _ in }
            sink.onFlush = {}
        }
        try self.loop.settle()
        #expect(survivors.allSatisfy { $0.1.numbers == Array(1...200) })
        #expect(all.allSatisfy { $0.numbers == Array((1...200).prefix($0.numbers.count)) })
        #expect(all.count > 20)
    }
}

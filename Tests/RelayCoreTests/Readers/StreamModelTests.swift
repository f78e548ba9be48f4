import Foundation
import RelayCore
import RelayWire
import SeededRandom
import Testing

@Suite("Publishers, loops and readers at once")
struct StreamModelTests {
    private static let publishers = 3
    private static let messagesEach = 500

    @Test(
        "every reader sees each message after its start once, in order, or is told of exactly what it missed",
        .timeLimit(.minutes(1)),
        arguments: 1...6
    )
    func agrees(seed: UInt64) async throws {
        let limits = BrokerLimits(
            hotMessagesPerTopic: seed.isMultiple(of: 2) ? 20 : 400,
            retention: Retention(maxMessages: seed.isMultiple(of: 3) ? 60 : 10_000)
        )
        let relay = TestRelay(limits)
        let topic = try await relay.topic()
        relay.store.completeAppends(.either(seed: seed))
        relay.store.completeReads(.elsewhere)
        let published = Collected<MessageID>()
        let done = Signal()
        let walks = await withTaskGroup(of: [ReaderWalk].self) { group in
            for loop in 0..<2 {
                group.addTask {
                    await onThread { LoopDriver(relay, topic, seed: seed &* 10 &+ UInt64(loop)).run(until: done) }
                }
            }
            await withTaskGroup(of: Void.self) { publishers in
                for publisher in 0..<Self.publishers {
                    publishers.addTask { await self.publish(publisher, on: relay, published, seed: seed) }
                }
            }
            done.fire()
            return await group.reduce(into: []) { $0 += $1 }
        }
        let all = published.all.sorted()
        #expect(all.count == Self.publishers * Self.messagesEach)
        #expect(Set(all).count == all.count)
        #expect(walks.contains { $0.isComplete && !$0.events.isEmpty })
        for walk in walks { walk.check(against: all) }
    }

    /// Publishes in runs, each with several under way, from a thread of its own.
    private func publish(_ publisher: Int, on relay: TestRelay, _ published: Collected<MessageID>, seed: UInt64)
        async
    {
        let answered = DispatchGroup()
        let ids = Collected<(number: Int, id: MessageID)>()
        await onThread {
            var random = SeededGenerator(seed: seed &* 100 &+ UInt64(publisher))
            for number in 0..<Self.messagesEach {
                let item = Broker.Item(key: .named("news"), draft: .numbered(number, at: relay.clock.now))
                answered.enter()
                let isTaken = relay.broker.publishNow(item, as: .olga) { result in
                    if let id = (try? result.get())?.id { ids.add([(number, id)]) }
                    answered.leave()
                }
                #expect(isTaken)
                if random.chance(15) { answered.wait() }
                if random.chance(5) { relay.clock.advance(milliseconds: .random(in: -2...3, using: &random)) }
            }
            answered.wait()
        }
        // Answers may come on several threads: what was published first has the smaller id, whoever hears of it first.
        let own = ids.all.sorted { $0.number < $1.number }.map(\.id)
        #expect(own == own.sorted())
        published.add(own)
    }
}

/// What one reader was told, from where, and whether it stayed to the end.
struct ReaderWalk: Sendable {
    let start: MessageID
    let events: [TestSink.Event]
    let isComplete: Bool
    let overflows: Int

    /// - Parameter all: every id that the topic ever had, in order.
    func check(against all: [MessageID]) {
        #expect(self.overflows == 0)
        var cursor = self.start
        var next = all.firstIndex { $0 > cursor } ?? all.endIndex
        var gap: Gap?
        for event in self.events {
            switch event {
            case .gap(let told):
                #expect(gap == nil, "two gaps in a row")
                #expect(told.after == cursor)
                gap = told
            case .message(let id):
                if let told = gap {
                    #expect(told.resumedFrom == id)
                    let resumed = all[next...].firstIndex(of: id)
                    #expect(resumed.map { $0 > next } == true, "a gap over nothing")
                    next = resumed ?? next
                    gap = nil
                }
                guard next < all.endIndex, all[next] == id else {
                    Issue.record(
                        "got \(id) after \(cursor), expected \(next < all.endIndex ? "\(all[next])" : "nothing")"
                    )
                    return
                }
                cursor = id
                next += 1
            case .ended(let reason):
                Issue.record("ended: \(reason)")
            }
        }
        #expect(gap == nil, "a gap before nothing")
        if self.isComplete { #expect(next == all.endIndex, "stopped at \(cursor)") }
    }
}

/// One loop whose readers come, go, block and resume at random. Lives on one thread.
private final class LoopDriver {
    private let loop: TurningLoop
    private let relay: TestRelay
    private let topic: Topic
    private var random: SeededGenerator
    private var open: [(reader: Reader, sink: TestSink, start: MessageID)] = []
    private var walks: [ReaderWalk] = []

    init(_ relay: TestRelay, _ topic: Topic, seed: UInt64) {
        self.loop = TurningLoop(relay)
        self.relay = relay
        self.topic = topic
        self.random = SeededGenerator(seed: seed)
    }

    func run(until done: Signal) -> [ReaderWalk] {
        while !done.hasFired {
            if !self.loop.turn() { Thread.sleep(forTimeInterval: 0) }
            self.act()
        }
        for (reader, sink, _) in self.open {
            sink.room = .max
            sink.atOnce = .max
            self.loop.readers.resume(reader)
        }
        while self.loop.turn() || self.open.contains(where: { $0.reader.isReading }) {}
        return self.walks + self.open.map { ReaderWalk($0.sink, from: $0.start, isComplete: true) }
    }

    private func act() {
        switch Int.random(in: 0..<40, using: &self.random) {
        case 0..<4 where self.walks.count + self.open.count < 60: self.join()
        case 4 where self.open.count > 4:
            let (reader, sink, start) = self.open.remove(at: .random(in: self.open.indices, using: &self.random))
            self.loop.readers.leave(reader)
            self.walks.append(ReaderWalk(sink, from: start, isComplete: false))
        case 5..<20 where !self.open.isEmpty:
            let (reader, sink, _) = self.open[.random(in: self.open.indices, using: &self.random)]
            sink.room = .random(in: 0...60, using: &self.random)
            self.loop.readers.resume(reader)
        default: break
        }
    }

    private func join() {
        let sink = TestSink(room: self.random.chance(30) ? .max : .random(in: 0...40, using: &self.random))
        if self.random.chance(30) { sink.atOnce = .random(in: 1...20, using: &self.random) }
        let last = self.topic.bounds.last
        let start: ReaderStart =
            switch Int.random(in: 0..<4, using: &self.random) {
            case 0: .tail
            case 1: .cursor(.oldest)
            case 2: .cursor(.after(MessageID(milliseconds: last.milliseconds, sequence: last.sequence / 2)))
            default: .cursor(.after(MessageID(milliseconds: last.milliseconds, sequence: last.sequence + 20)))
            }
        guard case .joined(let reader) = self.loop.readers.join(self.topic, start: start, tag: 0, sink: sink) else {
            Issue.record("not joined")
            return
        }
        self.open.append((reader, sink, reader.cursor))
        self.loop.readers.start(reader)
    }
}

extension ReaderWalk {
    fileprivate init(_ sink: TestSink, from start: MessageID, isComplete: Bool) {
        self.init(start: start, events: sink.events, isComplete: isComplete, overflows: sink.overflows)
    }
}

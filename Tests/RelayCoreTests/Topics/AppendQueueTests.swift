import RelayWire
import SeededRandom
import Testing

@testable import RelayCore

@Suite("One append at a time")
struct AppendQueueTests {
    typealias Queue = AppendQueue<Int>

    private static func entry(_ ticket: Int, drafts: Int = 1, bytes: Int = 10) -> Queue.Entry {
        let draft = Draft.numbered(ticket, at: Timestamp(microseconds: 0))
        return Queue.Entry(drafts: Array(repeating: draft, count: drafts), ticket: ticket, bytes: bytes)
    }

    private static func queue(bytes: Int = 1_000, messages: Int = 100) -> Queue {
        Queue(maxWaitingBytes: bytes, maxBatchMessages: messages)
    }

    @Test("an idle queue appends at once, and rests when that is finished")
    func alone() {
        var queue = Self.queue()
        #expect(queue.enqueue(Self.entry(1)).outcome == .append([1]))
        #expect(!queue.isIdle)
        #expect(queue.appendReturned() == nil)
        #expect(!queue.isIdle)
        #expect(queue.finished().outcome == .rest)
        #expect(queue.isIdle)
    }

    @Test("what arrives meanwhile goes in one batch, started by the finished append")
    func batches() {
        var queue = Self.queue()
        _ = queue.enqueue(Self.entry(1))
        #expect(queue.enqueue(Self.entry(2)).outcome == .wait)
        #expect(queue.appendReturned() == nil)
        #expect(queue.enqueue(Self.entry(3)).outcome == .wait)
        #expect(queue.finished().outcome == .append([2, 3]))
        #expect(queue.waitingBytes == 0)
        #expect(queue.enqueue(Self.entry(4)).outcome == .wait)
    }

    @Test("an append that finishes before it returns leaves the next batch to its starter")
    func finishedEarly() {
        var queue = Self.queue()
        _ = queue.enqueue(Self.entry(1))
        #expect(queue.finished().outcome == .leaveToStarter)
        #expect(!queue.isIdle)
        #expect(queue.enqueue(Self.entry(2)).outcome == .wait)
        #expect(queue.appendReturned()?.map(\.ticket) == [2])
        #expect(queue.finished().outcome == .leaveToStarter)
        #expect(queue.appendReturned() == nil)
        #expect(queue.isIdle)
    }

    @Test("beyond its bytes the queue turns away, and takes again once it has drained")
    func bytes() {
        var queue = Self.queue(bytes: 25)
        #expect(queue.enqueue(Self.entry(1, bytes: 1_000)).outcome == .append([1]))
        #expect(queue.enqueue(Self.entry(2, bytes: 20)).outcome == .wait)
        #expect(queue.enqueue(Self.entry(3, bytes: 6)).outcome == .refuse)
        #expect(queue.enqueue(Self.entry(4, bytes: 5)).outcome == .wait)
        #expect(queue.waitingBytes == 25)
        _ = queue.appendReturned()
        #expect(queue.finished().outcome == .append([2, 4]))
        #expect(queue.enqueue(Self.entry(5, bytes: 25)).outcome == .wait)
    }

    @Test("a batch holds whole publishes up to its messages, one larger than that alone")
    func batchSize() {
        var queue = Self.queue(messages: 4)
        _ = queue.enqueue(Self.entry(0))
        for (ticket, drafts) in [(1, 3), (2, 1), (3, 1), (4, 9), (5, 1)] {
            _ = queue.enqueue(Self.entry(ticket, drafts: drafts))
        }
        var batches: [Queue.Outcome] = []
        for _ in 0..<4 {
            _ = queue.appendReturned()
            batches.append(queue.finished().outcome)
        }
        #expect(batches == [.append([1, 2]), .append([3]), .append([4]), .append([5])])
    }

    @Test("random interleavings keep order and bounds, and lose nothing", arguments: 1...20)
    func interleavings(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var queue = Self.queue(bytes: 200, messages: 6)
        var store = ModelStore()
        var accepted: [Int] = []
        var refusals = 0
        for ticket in 0..<600 {
            if random.chance(60) {
                let entry = Self.entry(
                    ticket,
                    drafts: .random(in: 1...8, using: &random),
                    bytes: .random(in: 1...60, using: &random)
                )
                let waiting = queue.waitingBytes
                switch queue.enqueue(entry) {
                case .append(let batch):
                    accepted.append(ticket)
                    store.start(batch)
                case .wait:
                    accepted.append(ticket)
                case .refuse:
                    refusals += 1
                    #expect(waiting + entry.bytes > 200)
                }
            } else {
                store.step(&queue, &random)
            }
            #expect(queue.waitingBytes <= 200)
            #expect(queue.isIdle == store.isIdle)
        }
        while !store.isIdle { store.step(&queue, &random) }
        #expect(store.stored == accepted)
        #expect(refusals > 0)
        #expect(queue.waitingBytes == 0)
    }

    @Test("answers of a store that was not asked are a fault of the program")
    func traps() async {
        await #expect(processExitsWith: .failure) {
            var queue = AppendQueue<Int>(maxWaitingBytes: 1, maxBatchMessages: 1)
            _ = queue.finished()
        }
        await #expect(processExitsWith: .failure) {
            var queue = AppendQueue<Int>(maxWaitingBytes: 1, maxBatchMessages: 1)
            _ = queue.appendReturned()
        }
    }

    @Test("an append neither finishes nor returns twice")
    func trapsOnRepeats() async {
        await #expect(processExitsWith: .failure) {
            var queue = AppendQueue<Int>(maxWaitingBytes: 1, maxBatchMessages: 1)
            _ = queue.enqueue(.init(drafts: [], ticket: 1, bytes: 0))
            _ = queue.finished()
            _ = queue.finished()
        }
        await #expect(processExitsWith: .failure) {
            var queue = AppendQueue<Int>(maxWaitingBytes: 1, maxBatchMessages: 1)
            _ = queue.enqueue(.init(drafts: [], ticket: 1, bytes: 0))
            _ = queue.appendReturned()
            _ = queue.appendReturned()
        }
    }
}

/// A store with at most one append under way, that finishes and returns in any order.
private struct ModelStore {
    private var underWay: [Int]?
    private var hasReturned = false
    private var hasFinished = false
    private(set) var stored: [Int] = []

    var isIdle: Bool { self.underWay == nil }

    mutating func start(_ batch: [AppendQueue<Int>.Entry]) {
        #expect(self.underWay == nil)
        #expect(!batch.isEmpty)
        #expect(batch.count == 1 || batch.reduce(0) { $0 + $1.drafts.count } <= 6)
        self.underWay = batch.map(\.ticket)
        self.hasReturned = false
        self.hasFinished = false
    }

    mutating func step(_ queue: inout AppendQueue<Int>, _ random: inout SeededGenerator) {
        guard let batch = self.underWay else { return }
        if !self.hasFinished, self.hasReturned || random.chance(50) {
            self.hasFinished = true
            self.stored += batch
            switch queue.finished() {
            case .append(let next):
                #expect(self.hasReturned)
                self.underWay = nil
                self.start(next)
            case .leaveToStarter:
                #expect(!self.hasReturned)
            case .rest:
                #expect(self.hasReturned)
                self.underWay = nil
            }
        } else if !self.hasReturned {
            self.hasReturned = true
            let next = queue.appendReturned()
            guard self.hasFinished else { return #expect(next == nil) }
            self.underWay = nil
            if let next { self.start(next) }
        }
    }
}

extension AppendQueue<Int> {
    enum Outcome: Equatable {
        case append([Int])
        case wait, refuse, leaveToStarter, rest
    }
}

extension AppendQueue<Int>.EnqueueAction {
    fileprivate var outcome: AppendQueue<Int>.Outcome {
        switch self {
        case .append(let entries): .append(entries.map(\.ticket))
        case .wait: .wait
        case .refuse: .refuse
        }
    }
}

extension AppendQueue<Int>.FinishAction {
    fileprivate var outcome: AppendQueue<Int>.Outcome {
        switch self {
        case .append(let entries): .append(entries.map(\.ticket))
        case .leaveToStarter: .leaveToStarter
        case .rest: .rest
        }
    }
}

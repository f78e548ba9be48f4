import NIOCore
import RelayCore
import SeededRandom
import Synchronization
import Testing

@testable import RelayTelemetry

private struct Item: QueuedItem, Equatable {
    let number: Int
    let cost: Int
}

@Suite struct TelemetryQueueTests {
    @Test func theOldestGiveWay() {
        var queue = TelemetryQueue<Item>(maxBytes: 100)
        let dropped = (0..<10).map { queue.add(Item(number: $0, cost: 10)).dropped }
        #expect(dropped.allSatisfy { $0 == 0 })
        let last = queue.add(Item(number: 10, cost: 25))
        #expect(last.dropped == 3 && last.change == -5)
        let batch = queue.take(100)
        #expect(batch.map(\.number) == Array(3...10))
        #expect(queue.bytes == 95)
        let freed = queue.delivered()
        #expect(freed == 95 && queue.bytes == 0)
    }

    @Test func whatNeverFitsIsDropped() {
        var queue = TelemetryQueue<Item>(maxBytes: 100)
        _ = queue.add(Item(number: 0, cost: 50))
        let large = queue.add(Item(number: 1, cost: 101))
        #expect(large.dropped == 2 && large.change == -50)
        #expect(queue.bytes == 0 && queue.count == 0)
    }

    /// Whatever happens in whatever order: no more bytes than allowed, none lost from the account, and items in their order.
    @Test(arguments: 0..<50) func holdsItsBounds(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var queue = TelemetryQueue<Item>(maxBytes: 1_000)
        var (held, next, lastSeen) = (0, 0, -1)
        var onTheWay: [Item] = []
        for _ in 0..<500 {
            switch Int.random(in: 0..<6, using: &random) {
            case 0 where onTheWay.isEmpty:
                onTheWay = queue.take(Int.random(in: 1...20, using: &random))
                for item in onTheWay {
                    #expect(item.number > lastSeen)
                    lastSeen = item.number
                }
            case 1:
                held -= queue.delivered()
                onTheWay = []
            case 2 where !onTheWay.isEmpty:
                lastSeen = (onTheWay.first?.number ?? 0) - 1
                queue.putBack(onTheWay)
                onTheWay = []
            case 3:
                if let freed = queue.dropOldest() { held -= freed }
            default:
                held += queue.add(Item(number: next, cost: Int.random(in: 1...300, using: &random))).change
                next += 1
            }
            #expect(queue.bytes <= 1_000)
            #expect(queue.bytes == held)
        }
    }
}

@Suite struct ExportQueueTests {
    private static func queue(_ maxBytes: Int, _ ledger: MemoryLedger, at now: NIODeadline = .uptimeNanoseconds(1))
        -> ExportQueue<Item>
    {
        ExportQueue(maxBytes: maxBytes, memory: ledger, uptime: { now }, counts: ExportCounts(.traces))
    }

    @Test func isChargedForWhatItHolds() {
        let ledger = MemoryLedger()
        do {
            let queue = Self.queue(100, ledger)
            for number in 0..<5 { queue.add(Item(number: number, cost: 30)) }
            #expect(ledger.bytes(in: .telemetry) == 90)
            #expect(queue.counts.droppedItems(.full) == 2)
            _ = queue.batch(1, after: .zero)
            #expect(ledger.bytes(in: .telemetry) == 90)
            queue.finished()
            #expect(ledger.bytes(in: .telemetry) == 60)
        }
        #expect(ledger.bytes(in: .telemetry) == 0)
    }

    /// The account is full by another queue: what comes to this one takes the place of its own.
    @Test func staysWithinTheAccount() {
        var limits = MemoryLimits()
        limits[.telemetry] = 100
        let ledger = MemoryLedger(limits: limits)
        let (one, other) = (Self.queue(1_000, ledger), Self.queue(1_000, ledger))
        for number in 0..<10 { one.add(Item(number: number, cost: 10)) }
        for number in 0..<5 { other.add(Item(number: number, cost: 10)) }
        #expect(ledger.bytes(in: .telemetry) == 100)
        #expect(other.counts.droppedItems(.full) == 5)
        one.add(Item(number: 10, cost: 10))
        #expect(one.waiting == 10)
        #expect(one.counts.droppedItems(.full) == 1)
        #expect(ledger.bytes(in: .telemetry) == 100)
    }

    @Test func batchesWaitForOthersOrForTime() {
        let now = Mutex(NIODeadline.uptimeNanoseconds(1))
        let queue = ExportQueue<Item>(
            maxBytes: 1_000,
            memory: MemoryLedger(),
            uptime: { now.withLock { $0 } },
            counts: ExportCounts(.traces)
        )
        #expect(queue.batch(2, after: .seconds(2)) == nil)
        queue.add(Item(number: 0, cost: 1))
        #expect(queue.batch(2, after: .seconds(2)) == nil)
        now.withLock { $0 = $0 + .seconds(2) }
        #expect(queue.batch(2, after: .seconds(2))?.count == 1)
        for number in 1..<4 { queue.add(Item(number: number, cost: 1)) }
        #expect(queue.batch(2, after: .seconds(2))?.map(\.number) == [1, 2])
    }
}

import RelayAccess
import RelayCore
import RelayWire
import Testing

@testable import RelayServer

/// Records on their way to the store.
@Suite("Records of the audit log that wait")
struct AuditQueueTests {
    private static func record(_ number: Int) -> AuditRecord {
        AuditAct(action: "act \(number)", outcome: .ok).record(at: Timestamp(microseconds: Int64(number)), node: "n")
    }

    private static func loss(_ count: Int) -> AuditRecord {
        AuditAct(action: "audit.lost", outcome: .failed, details: ["records": "\(count)"])
            .record(at: Timestamp(microseconds: 0), node: "n")
    }

    @Test("stay until they are stored, in their order")
    func order() {
        var queue = AuditQueue()
        for number in 0..<150 { queue.add(Self.record(number)) }
        let first = queue.next(Self.loss)
        #expect(first.map(\.action) == (0..<100).map { "act \($0)" })
        let again = queue.next(Self.loss)
        #expect(again == first)
        queue.stored(first.count)
        let second = queue.next(Self.loss)
        #expect(second.map(\.action) == (100..<150).map { "act \($0)" })
        queue.stored(50)
        #expect(queue.isEmpty)
        let rest = queue.next(Self.loss)
        #expect(rest.isEmpty)
    }

    @Test("beyond the bound are counted, and the count follows those that had found room, once")
    func loss() {
        var queue = AuditQueue()
        for number in 0..<AuditQueue.limit + 7 { queue.add(Self.record(number)) }
        #expect(queue.count == AuditQueue.limit)
        #expect(queue.lost == 7)
        var all: [AuditRecord] = []
        while !queue.isEmpty {
            let batch = queue.next(Self.loss)
            all += batch
            queue.stored(batch.count)
        }
        #expect(all.count == AuditQueue.limit + 1)
        #expect(all.last?.details == ["records": "7"])
        #expect(all.filter { $0.action == "audit.lost" }.count == 1)
    }

    @Test("hold texts that are not too long, and not too many")
    func bounds() {
        let long = String(repeating: "é", count: 10_000)
        let details = Dictionary(uniqueKeysWithValues: (0..<100).map { ("key \($0)", long) })
        let record = AuditAct(username: long, action: "a", target: long, outcome: .ok, details: details)
            .record(at: Timestamp(microseconds: 0), node: "n")
        #expect(record.username?.utf8.count ?? 0 <= AuditRecord.maxTextBytes)
        #expect(record.target?.utf8.count ?? 0 <= AuditRecord.maxTextBytes)
        #expect(record.details.count == AuditRecord.maxDetails)
        #expect(record.storedText.utf8.count < 16 << 10)
        #expect(!record.storedText.contains("\n"))
    }
}

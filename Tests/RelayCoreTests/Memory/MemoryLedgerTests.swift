import Testing

@testable import RelayCore

@Suite("The ledger of memory")
struct MemoryLedgerTests {
    private func ledger(_ account: MemoryAccount, _ limit: Int, whole: Int = 1 << 30) -> MemoryLedger {
        var limits = MemoryLimits(whole: whole)
        limits[account] = limit
        return MemoryLedger(limits: limits)
    }

    @Test("what is refused is counted and not held")
    func refuses() {
        let ledger = self.ledger(.requests, 100)
        #expect(ledger.charge(60, to: .requests))
        #expect(!ledger.charge(41, to: .requests))
        #expect(ledger.charge(40, to: .requests))
        #expect(ledger.bytes(in: .requests) == 100)
        #expect(ledger.refusals(of: .requests) == 1)
        #expect(ledger.refusals(of: .answers) == 0)
        ledger.release(100, from: .requests)
        #expect(ledger.total == 0)
    }

    @Test("a stranger with a token takes its bytes along, if there is room")
    func moves() {
        let ledger = self.ledger(.requests, 50)
        #expect(ledger.charge(60, to: .strangers))
        #expect(!ledger.move(60, from: .strangers, to: .requests))
        #expect(ledger.bytes(in: .strangers) == 60)
        ledger.release(20, from: .strangers)
        #expect(ledger.move(40, from: .strangers, to: .requests))
        #expect(ledger.bytes(in: .strangers) == 0)
        #expect(ledger.bytes(in: .requests) == 40)
        #expect(ledger.total == 40)
    }

    @Test("many threads that charge at once never hold more than the bound, and leave nothing behind")
    func concurrently() async {
        let ledger = self.ledger(.answers, 1_000)
        await withTaskGroup(of: Void.self) { group in
            for thread in 1...4 {
                group.addTask {
                    await onThread {
                        for _ in 0..<5_000 where ledger.charge(thread * 90, to: .answers) {
                            ledger.release(thread * 90, from: .answers)
                        }
                    }
                }
            }
        }
        #expect(ledger.total == 0)
        #expect(ledger.bytes(in: .answers) == 0)
    }

    @Test("pressure is told when the hot tier has to give back", .timeLimit(.minutes(1)))
    func pressure() async {
        let ledger = self.ledger(.hotTier, 1_000, whole: 1_000)
        #expect(ledger.addToHotTier(700) == 0)
        #expect(ledger.hotTierAllowance == 750)
        #expect(ledger.charge(100, to: .requests))
        #expect(ledger.hotTierAllowance == 650)
        #expect(ledger.addToHotTier(10) == 60)
        var told = ledger.pressure.makeAsyncIterator()
        await told.next()
    }

    @Test("the hot tier of a broker gives back what others need")
    func givesBack() async throws {
        let relay = TestRelay(hotBytes: 1 << 20, wholeBytes: 1 << 20)
        _ = try await relay.topic()
        try relay.publish(1...1_000)
        let before = relay.broker.statistics.hotBytes
        #expect(before > 200_000)
        relay.broker.memory.add((3 << 18) - before / 2, to: .readers)
        relay.broker.reclaimMemoryIfNeeded()
        #expect(relay.broker.statistics.hotBytes <= before / 2)
        let page = try await relay.broker.history(of: .named("news"), .ascending, cursor: .oldest, limit: 10, as: .olga)
        #expect(page.messages.compactMap(\.number) == Array(1...10))
    }
}

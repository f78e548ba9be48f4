import RelayProof
import Testing

@Suite("The ledger, against a model of a relay")
struct LedgerModelTests {
    private static func total(_ ledger: Ledger) -> TopicTally {
        var total = ledger.tallies[0]
        total.add(ledger.tallies[1])
        return total
    }

    @Test("A relay that does nothing wrong has no fault", arguments: 0..<100 as Range<UInt64>)
    func good(seed: UInt64) {
        var relay = ModelRelay(seed: seed, plant: nil)
        relay.run()
        let total = Self.total(relay.ledger)
        #expect(total.faults.isEmpty, "\(relay.ledger.samples)")
        #expect(relay.ledger.isSettled)
        #expect(total.acknowledged > 100)
        #expect(total.delivered >= total.acknowledged * ModelRelay.readerCount)
        #expect(total.recovered > 0 && total.recovered < total.delivered)
        #expect(total.live.count + total.resumed.count == total.delivered)
        #expect(total.unknown > 0 && total.refused > 0)
    }

    @Test("What is trimmed is told as a gap, and is no fault", arguments: 0..<100 as Range<UInt64>)
    func trimmed(seed: UInt64) {
        var relay = ModelRelay(seed: seed, plant: nil)
        relay.run(trims: true)
        let total = Self.total(relay.ledger)
        #expect(total.faults.isEmpty, "\(relay.ledger.samples)")
        #expect(relay.ledger.isSettled)
        #expect(total.gaps > 0)
        #expect(total.expired > 0)
    }

    @Test(
        "One fault is found, whatever it is",
        arguments: Fault.allCases.filter { !Fault.ofSessions.union(Fault.ofPresence).contains($0) }.flatMap { fault in
            (0..<30 as Range<UInt64>).map { (fault, $0) }
        }
    )
    func planted(fault: Fault, seed: UInt64) {
        var relay = ModelRelay(seed: seed, plant: fault)
        relay.run()
        #expect(Self.total(relay.ledger).count(fault) > 0, "\(relay.ledger.samples)")
        #expect(!relay.ledger.samples.isEmpty)
    }
}

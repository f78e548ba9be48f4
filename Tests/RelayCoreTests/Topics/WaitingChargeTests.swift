import Testing

@testable import RelayCore

@Suite("Drafts that wait are charged")
struct WaitingChargeTests {
    @Test("in steps, and all is released when nothing waits")
    func steps() {
        let memory = MemoryLedger()
        var charge = WaitingCharge()
        for (waiting, charged) in [(4_000, 0), (9_000, 8_192), (9_500, 8_192)] {
            let isAdmitted = charge.grow(to: waiting, memory)
            #expect(isAdmitted)
            #expect(memory.bytes(in: .waiting) == charged)
        }
        charge.shrink(to: 5_000, memory)
        #expect(memory.bytes(in: .waiting) == 4_096)
        charge.shrink(to: 0, memory)
        #expect(memory.total == 0)
    }

    @Test("of all topics together no more than the ledger has room for, and then again when the store has caught up")
    func bound() async throws {
        let relay = TestRelay(hotBytes: 0, wholeBytes: 80_000)
        relay.store.completeAppends(.held)
        for name in ["a", "b"] { _ = try await relay.topic(name) }
        let answers = Collected<Result<Publication, BrokerError>>()
        for number in 0..<400 {
            let item = Broker.Item(
                key: .named(number % 2 == 0 ? "a" : "b"),
                draft: .numbered(number, at: relay.clock.now)
            )
            _ = relay.broker.publishNow(item, as: .olga) { answers.add([$0]) }
        }
        let refused = answers.all.count { $0 == .failure(.overloaded) }
        #expect(refused > 200 && refused == answers.all.count)
        #expect(relay.broker.memory.bytes(in: .waiting) <= 20_000)
        #expect(relay.broker.memory.refusals(of: .waiting) == refused)
        while relay.store.heldAppends > 0 { relay.store.releaseAppends() }
        #expect(relay.broker.memory.total == 0)
        #expect(answers.all.count == 400)
        relay.store.completeAppends(.inline)
        try relay.publish([1], to: "a")
    }
}

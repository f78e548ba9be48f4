import NIOCore
import Testing

@testable import RelayValkey

struct SlotServiceTests {
    private static let now = NIODeadline.uptimeNanoseconds(0)
    private static let away = ValkeyState.connecting(since: now, lastError: nil)
    private static let silent = ValkeyState.unresponsive(since: now)

    /// Three masters: of a quarter, another quarter, and half of the slots.
    private static var map: SlotMap {
        let reply: ValkeyReply = .array([
            .range(0, 4_095, .node("a", 1)), .range(4_096, 8_191, .node("b", 1)), .range(8_192, 16_383, .node("c", 1)),
        ])
        return SlotMap(reply, from: ValkeyAddress(host: "asked", port: 1)) ?? SlotMap()
    }

    @Test(
        "A slot and more than half of all have to be served",
        arguments: [
            ([.connected, .connected, .connected], 0, true), ([.connected, away, .connected], 0, true),
            // The slot's own master.
            ([.connected, away, .connected], 5_000, false), ([.connected, silent, .connected], 5_000, false),
            // Half is not most.
            ([.connected, .connected, away], 0, false), ([.connected, .connected, silent], 0, false),
            ([.connected, silent, away], 0, false), ([silent, away, .connected], 9_000, false),
        ] as [([ValkeyState], Int, Bool)]
    )
    func served(_ states: [ValkeyState], _ slot: Int, _ isServed: Bool) {
        #expect(Self.map.service(of: slot, states, now: Self.now).isConnected == isServed)
    }

    @Test("What is missed is told: the slot's master, else the one that is worst off")
    func told() {
        let own = Self.map.service(of: 0, [Self.silent, Self.away, .connected], now: Self.now)
        #expect(own.severity == Self.silent.severity)
        let worst = Self.map.service(of: 0, [.connected, Self.silent, Self.away], now: Self.now)
        #expect(worst.severity == Self.away.severity)
    }

    @Test("Slots without a master are not served")
    func nobody() {
        #expect(!SlotMap().service(of: 0, [], now: Self.now).isConnected)
        let reply: ValkeyReply = .array([.range(0, 8_191, .node("a", 1))])
        let half = SlotMap(reply, from: ValkeyAddress(host: "asked", port: 1)) ?? SlotMap()
        #expect(!half.service(of: 0, [.connected], now: Self.now).isConnected)
        #expect(!half.service(of: 9_000, [.connected], now: Self.now).isConnected)
    }
}

import NIOCore
import RelayTunnels
import SeededRandom
import Testing

@Suite("The bandwidth of a session's tunnels")
struct BandwidthLimitTests {
    private static let start = NIODeadline.uptimeNanoseconds(5_000_000_000)

    @Test("lets a quiet session spend a burst at once, and has it wait for what goes beyond")
    func burst() {
        var limit = BandwidthLimit(bytesPerSecond: 1_000, burst: 500)
        #expect(limit.spend(500, at: Self.start) == Self.start)
        #expect(limit.spend(100, at: Self.start) == Self.start + .milliseconds(100))
        #expect(limit.spend(100, at: Self.start) == Self.start + .milliseconds(200))
        // Paid for, and not a burst ahead yet.
        let later = Self.start + .milliseconds(300)
        #expect(limit.spend(100, at: later) == later)
        #expect(limit.spend(0, at: later) == later)
    }

    @Test("has a datagram without content cost what a small one does")
    func datagrams() {
        let smallest = BandwidthLimit.smallestDatagram
        var limit = BandwidthLimit(bytesPerSecond: 10 * smallest, burst: smallest)
        var taken = 0
        for _ in 0..<100 where limit.take(0, at: Self.start) { taken += 1 }
        // The burst, and the one after which it is spent.
        #expect(taken == 2)
        let (later, larger) = (Self.start + .milliseconds(100), 5 * smallest)
        let isTaken = limit.take(larger, at: later)
        let isTooEarly = limit.take(1, at: later + .milliseconds(499))
        let isDue = limit.take(1, at: later + .milliseconds(500))
        #expect(isTaken && !isTooEarly && isDue)
    }

    @Test(
        "holds spenders who wait as they are told to the rate, whatever they spend",
        arguments: 0..<8 as Range<UInt64>
    )
    func rate(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let perSecond = Int.random(in: 10_000...100_000_000, using: &random)
        var limit = BandwidthLimit(bytesPerSecond: perSecond)
        var free = Array(repeating: Self.start, count: 5)
        var spent = [0, 0, 0, 0, 0]
        var now = Self.start
        while now < Self.start + .seconds(20) {
            let spender = free.indices.min { free[$0] < free[$1] } ?? 0
            now = max(now, free[spender])
            let bytes = Int.random(in: 1...max(1, perSecond / 50), using: &random)
            spent[spender] += bytes
            free[spender] = limit.spend(bytes, at: now)
        }
        let total = spent.reduce(0, +)
        // 20 seconds, a quarter of one ahead, and at most a last spending each.
        #expect(total >= perSecond * 20 * 95 / 100 && total <= perSecond * 20 * 105 / 100)
        #expect(spent.min() ?? 0 > total / 10, "\(spent)")
    }
}

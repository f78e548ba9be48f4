import NIOCore
import RelayWire
import SeededRandom
import Testing

@testable import RelayServer

@Suite("Answers for each source")
struct SourceBucketsTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    private func taken(_ buckets: inout SourceBuckets, _ address: IPAddress, _ count: Int, after: TimeAmount) -> Int {
        (0..<count).reduce(0) { sum, _ in
            sum + (buckets.take(address, at: Self.start + after) ? 1 : 0)
        }
    }

    @Test("so many at once, and then as many in a second")
    func rate() {
        var buckets = SourceBuckets()
        #expect(self.taken(&buckets, .v4(1), 100, after: .zero) == 20)
        #expect(self.taken(&buckets, .v4(1), 100, after: .milliseconds(49)) == 0)
        #expect(self.taken(&buckets, .v4(1), 100, after: .milliseconds(50)) == 1)
        #expect(self.taken(&buckets, .v4(1), 100, after: .milliseconds(550)) == 10)
        #expect(self.taken(&buckets, .v4(1), 100, after: .seconds(60)) == 20)
        #expect(self.taken(&buckets, .v4(2), 100, after: .seconds(60)) == 20)
    }

    @Test("a steady source at the rate is never held back, one at twice the rate is let through by half")
    func steady() {
        var buckets = SourceBuckets(perSecond: 20)
        var taken = (0, 0)
        for step in 0..<1_000 {
            let now = Self.start + .milliseconds(Int64(step) * 50)
            if buckets.take(.v4(1), at: now) { taken.0 += 1 }
            for _ in 0..<2 where buckets.take(.v4(2), at: now) { taken.1 += 1 }
        }
        #expect(taken.0 == 1_000)
        #expect((1_000...1_020).contains(taken.1))
    }

    @Test("a client has all of a /64, and a mapped address is the IPv4 client's")
    func sameClient() {
        var buckets = SourceBuckets(perSecond: 2)
        #expect(self.taken(&buckets, .v6(7, 1), 5, after: .zero) == 2)
        #expect(self.taken(&buckets, .v6(7, 2), 5, after: .zero) == 0)
        #expect(self.taken(&buckets, .v6(8, 1), 5, after: .zero) == 2)
        #expect(self.taken(&buckets, .v4(0x0102_0304), 5, after: .zero) == 2)
        #expect(self.taken(&buckets, .v6(0, 0xFFFF_0102_0304), 5, after: .zero) == 0)
    }

    @Test("no limit, and the smallest one")
    func extremes() {
        var unlimited = SourceBuckets(perSecond: 0)
        #expect(self.taken(&unlimited, .v4(1), 5_000, after: .zero) == 5_000)
        var one = SourceBuckets(perSecond: 1)
        #expect(self.taken(&one, .v4(1), 5, after: .zero) == 1)
        #expect(self.taken(&one, .v4(1), 5, after: .milliseconds(999)) == 0)
        #expect(self.taken(&one, .v4(1), 5, after: .seconds(1)) == 1)
    }

    @Test(
        "forged sources get no more in all than the table's places allow, and one that was held back stays so",
        arguments: [
            1, 4, 64, 1_000,
        ]
    )
    func forged(sources: Int) {
        var random = SeededGenerator(seed: UInt64(sources))
        var buckets = SourceBuckets(perSecond: 5, sources: sources)
        #expect(self.taken(&buckets, .v4(1), 50, after: .zero) == 5)
        var total = 0
        for _ in 0..<50_000 {
            if buckets.take(.v4(.random(in: 2 ... .max, using: &random)), at: Self.start) { total += 1 }
            let isLetThrough = buckets.take(.v4(1), at: Self.start)
            #expect(!isLetThrough)
        }
        let places = (sources + 3) / 4 * 4
        #expect(total <= places * 5)
    }

    @Test("a flood is forgotten as soon as its buckets are full again")
    func afterFlood() {
        var buckets = SourceBuckets(perSecond: 5, sources: 4)
        for source in 1...1_000 { _ = self.taken(&buckets, .v4(UInt32(source)), 10, after: .zero) }
        #expect(self.taken(&buckets, .v4(5_000), 10, after: .milliseconds(1_001)) == 5)
    }
}

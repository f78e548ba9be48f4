import NIOCore
import RelayTunnels
import SeededRandom
import Testing

@Suite("Pipes")
struct PipeTests {
    @Test("a source is not read while a window is in flight, nor without credit")
    func flow() {
        var flow = PipeFlow(window: 100)
        #expect(flow.mayRead)
        flow.handed(99)
        #expect(flow.mayRead)
        flow.handed(50)
        #expect(!flow.mayRead)
        flow.taken(100)
        #expect(flow.mayRead && flow.inFlight == 49 && flow.total == 149)
        let now = NIODeadline.uptimeNanoseconds(1_000)
        flow.pause(until: now + .nanoseconds(10))
        flow.pause(until: now)
        #expect(!flow.mayRead)
        #expect(flow.resume(at: now) == now + .nanoseconds(10))
        #expect(flow.resume(at: now + .nanoseconds(10)) == nil)
        #expect(flow.mayRead)
    }

    @Test("two ends meet, and whoever comes back begins anew")
    func meeting() {
        var pairs = PipePairs<String>()
        guard case .waits = pairs.enter("t", as: .opener, "a") else {
            Issue.record("nobody was there")
            return
        }
        guard case .replaces("a", let second) = pairs.enter("t", as: .opener, "b") else {
            Issue.record("the same side comes back")
            return
        }
        guard case .meets("b", let third) = pairs.enter("t", as: .target, "c") else {
            Issue.record("b waits")
            return
        }
        guard case .replaces("c", let fourth) = pairs.enter("t", as: .target, "d") else {
            Issue.record("c is connected")
            return
        }
        // b is told by c, and leaves late.
        pairs.leave(second)
        pairs.leave(third)
        guard case .meets("d", _) = pairs.enter("t", as: .opener, "e") else {
            Issue.record("d waits")
            return
        }
        pairs.leave(fourth)
        #expect(pairs.count == 0)
    }

    @Test(
        "whoever comes and goes, nobody meets an end that has left, and nothing is kept of it",
        arguments: 0..<16 as Range<UInt64>
    )
    func interleaved(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var pairs = PipePairs<Int>()
        var open: [Int: PipePairs<Int>.Place] = [:]
        var partners: [Int: Int] = [:]
        for number in 0..<2_000 {
            if random.chance(50), let end = open.keys.sorted().randomElement(using: &random), let place = open[end] {
                pairs.leave(place)
                open[end] = nil
                if let partner = partners.removeValue(forKey: end) { partners[partner] = nil }
                continue
            }
            let pipe = String(Int.random(in: 0..<4, using: &random))
            switch pairs.enter(pipe, as: random.chance(50) ? .opener : .target, number) {
            case .waits(let place): open[number] = place
            case .replaces(let old, let place):
                #expect(open[old]?.pipe == pipe && open[old]?.side == place.side)
                open[number] = place
                if let partner = partners.removeValue(forKey: old) { partners[partner] = nil }
            case .meets(let other, let place):
                #expect(open[other]?.pipe == pipe && open[other]?.side != place.side)
                #expect(partners[other] == nil)
                open[number] = place
                (partners[number], partners[other]) = (other, number)
            }
            #expect(pairs.count <= 4)
        }
        for place in open.values { pairs.leave(place) }
        #expect(pairs.count == 0)
    }
}

import NIOCore
import RelayTunnels
import SeededRandom
import Testing

@Suite("Credit of spliced streams")
struct CreditFlowTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    @Test("is given as the receiver takes, and not before")
    func grants() {
        var flow = CreditFlow()
        flow.handed(100)
        let some = flow.taken(30)
        let rest = flow.taken(70)
        #expect(some == 30 && rest == 70)
        #expect(flow.inFlight == 0 && flow.total == 100 && flow.waiting == 0)
    }

    @Test("waits where the bandwidth is spent, and comes whole when it is not any more")
    func pauses() {
        var flow = CreditFlow()
        flow.handed(100)
        flow.pause(until: Self.start + .seconds(1))
        let early = flow.taken(100)
        let head = flow.grant(2)
        let before = flow.resume(at: Self.start)
        #expect(early == 0 && head == 0 && before.credit == 0 && before.later == Self.start + .seconds(1))
        flow.pause(until: Self.start + .seconds(2))
        let between = flow.resume(at: Self.start + .seconds(1))
        #expect(between.credit == 0 && between.later == Self.start + .seconds(2))
        let after = flow.resume(at: Self.start + .seconds(2))
        #expect(after.credit == 102 && after.later == nil)
    }

    @Test("is never more than was sent, whatever happens in whichever order", arguments: 0..<16 as Range<UInt64>)
    func walk(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var flow = CreditFlow()
        let window = 1_000
        var (credit, sent, granted, now) = (window, 0, 0, Self.start)
        for _ in 0..<2_000 {
            var more = 0
            switch Int.random(in: 0..<4, using: &generator) {
            case 0 where credit > 0:
                let count = Int.random(in: 1...credit, using: &generator)
                flow.handed(count)
                (sent, credit) = (sent + count, credit - count)
            case 1 where flow.inFlight > 0:
                more = flow.taken(Int.random(in: 1...flow.inFlight, using: &generator))
            case 2: flow.pause(until: now + .milliseconds(Int64.random(in: 0...50, using: &generator)))
            default:
                now = now + .milliseconds(20)
                more = flow.resume(at: now).credit
            }
            (granted, credit) = (granted + more, credit + more)
            #expect(sent == granted + flow.inFlight + flow.waiting, "seed \(seed)")
            #expect(flow.inFlight <= window, "seed \(seed)")
        }
        let last = flow.taken(flow.inFlight) + flow.resume(at: now + .seconds(1)).credit
        #expect(credit + last == window, "seed \(seed)")
    }
}

import NIOCore
import SeededRandom
import Testing

@testable import RelayServer

@Suite("Whose turn it is to be told, and when what failed is tried again")
struct DeliveryLanesTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    private typealias Lanes = DeliveryLanes<Int>

    private static func lanes(_ count: Int, width: Int = 2, failingFor: TimeAmount? = nil) -> Lanes {
        var lanes = Lanes(width: width, failingFor: failingFor)
        for lane in 0..<count {
            lanes.add(lane)
            lanes.wake(lane)
        }
        return lanes
    }

    @Test("lanes take turns, so many at a time, and one that has more goes to the end")
    func turns() {
        var lanes = Self.lanes(3)
        #expect(lanes.next(at: Self.start) == .deliver(0))
        #expect(lanes.next(at: Self.start) == .deliver(1))
        #expect(lanes.next(at: Self.start) == .rest)
        lanes.finished(0, .delivered(hasMore: true), at: Self.start, chance: 0)
        #expect(lanes.next(at: Self.start) == .deliver(2))
        lanes.finished(1, .idle, at: Self.start, chance: 0)
        #expect(lanes.next(at: Self.start) == .deliver(0))
        lanes.finished(0, .delivered(hasMore: false), at: Self.start, chance: 0)
        lanes.finished(2, .idle, at: Self.start, chance: 0)
        #expect(lanes.next(at: Self.start) == .rest)
    }

    @Test("what comes while a lane is under way is not forgotten")
    func woken() {
        var lanes = Self.lanes(1)
        #expect(lanes.next(at: Self.start) == .deliver(0))
        lanes.wake(0)
        #expect(lanes.next(at: Self.start) == .rest)
        lanes.finished(0, .idle, at: Self.start, chance: 0)
        #expect(lanes.next(at: Self.start) == .deliver(0))
        lanes.finished(0, .idle, at: Self.start, chance: 0)
        #expect(lanes.next(at: Self.start) == .rest)
    }

    @Test("a lane that fails waits, longer each time, and the others go on")
    func failing() {
        var lanes = Self.lanes(2)
        var now = Self.start
        #expect(lanes.next(at: now) == .deliver(0))
        #expect(lanes.next(at: now) == .deliver(1))
        lanes.finished(0, .failed(pause: nil), at: now, chance: 1)
        lanes.finished(1, .delivered(hasMore: true), at: now, chance: 0)
        #expect(lanes.next(at: now) == .deliver(1))
        lanes.finished(1, .idle, at: now, chance: 0)
        for seconds in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] as [Int64] {
            let next = now + .seconds(seconds)
            #expect(lanes.next(at: now) == .wait(until: next))
            lanes.wake(0)
            #expect(lanes.next(at: next - .nanoseconds(1)) == .wait(until: next))
            now = next
            #expect(lanes.next(at: now) == .deliver(0))
            lanes.finished(0, .failed(pause: nil), at: now, chance: 1)
        }
        #expect(lanes.failingFor(at: now) == now - Self.start)
        #expect(lanes.next(at: now + .seconds(300)) == .deliver(0))
        lanes.finished(0, .delivered(hasMore: false), at: now, chance: 1)
        #expect(lanes.failingFor(at: now) == nil)
    }

    @Test("pauses are spread by chance, within bounds")
    func jitter() {
        #expect(Lanes.pause(after: 1, 0) == .milliseconds(500) && Lanes.pause(after: 1, 1) == .seconds(1))
        #expect(Lanes.pause(after: 4, 0.5) == .seconds(6))
        #expect(Lanes.pause(after: 1_000_000, 7) == Lanes.longestPause)
    }

    @Test("a receiver that asks for a pause gets it, within bounds, for all lanes")
    func askedPause() {
        var lanes = Self.lanes(2, width: 1)
        #expect(lanes.next(at: Self.start) == .deliver(0))
        lanes.finished(0, .failed(pause: .seconds(60)), at: Self.start, chance: 0)
        #expect(lanes.next(at: Self.start) == .wait(until: Self.start + .seconds(60)))
        #expect(lanes.next(at: Self.start + .seconds(60)) == .deliver(1))
        lanes.finished(1, .failed(pause: .hours(9)), at: Self.start, chance: 0)
        #expect(lanes.next(at: Self.start) == .wait(until: Self.start + Lanes.longestPause))
    }

    @Test("what hinders the relay is not the receiver's failure")
    func hindered() {
        var lanes = Self.lanes(1)
        #expect(lanes.next(at: Self.start) == .deliver(0))
        lanes.finished(0, .hindered, at: Self.start, chance: 0)
        #expect(lanes.failingFor(at: Self.start) == nil)
        #expect(lanes.next(at: Self.start) == .wait(until: Self.start + Lanes.hindrancePause))
        #expect(lanes.next(at: Self.start + Lanes.hindrancePause) == .deliver(0))
    }

    @Test("what an earlier run had failed for counts, until something goes well")
    func inherited() {
        var lanes = Self.lanes(1, failingFor: .hours(2))
        #expect(lanes.failingFor(at: Self.start) == nil)
        #expect(lanes.next(at: Self.start) == .deliver(0))
        lanes.finished(0, .failed(pause: nil), at: Self.start, chance: 0)
        // The machine has not been up for so long.
        #expect(lanes.failingFor(at: Self.start) == .seconds(1_000))
        var other = Self.lanes(2, failingFor: .minutes(1))
        #expect(other.next(at: Self.start) == .deliver(0))
        other.finished(0, .delivered(hasMore: false), at: Self.start, chance: 0)
        #expect(other.next(at: Self.start) == .deliver(1))
        other.finished(1, .failed(pause: nil), at: Self.start, chance: 0)
        #expect(other.failingFor(at: Self.start) == .zero)
    }

    @Test("a lane that is removed is forgotten, also while it is under way")
    func removed() {
        var lanes = Self.lanes(3)
        #expect(lanes.next(at: Self.start) == .deliver(0))
        #expect(lanes.next(at: Self.start) == .deliver(1))
        lanes.remove(0)
        lanes.remove(2)
        lanes.finished(0, .failed(pause: .seconds(9)), at: Self.start, chance: 0)
        #expect(lanes.next(at: Self.start) == .rest)
        #expect(lanes.lanes == [1])
        lanes.finished(1, .delivered(hasMore: true), at: Self.start, chance: 0)
        #expect(lanes.next(at: Self.start) == .deliver(1))
    }

    @Test("whatever happens, nothing is lost, repeated at once or out of its order", arguments: UInt64(0)..<40)
    func interleavings(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let width = Int.random(in: 1...3, using: &random)
        var lanes = Lanes(width: width)
        var waiting: [Int: Int] = [:]
        var underWay: Set<Int> = []
        var now = Self.start
        for step in 0..<600 {
            let isLate = step > 500
            if !isLate, random.chance(40) {
                let lane = Int.random(in: 0..<5, using: &random)
                lanes.add(lane)
                waiting[lane, default: 0] += 1
                lanes.wake(lane)
            }
            switch lanes.next(at: now) {
            case .deliver(let lane):
                let isNew = underWay.insert(lane).inserted
                #expect(isNew && underWay.count <= width)
            case .wait(let moment):
                #expect(moment > now)
                if underWay.isEmpty || random.chance(30) { now = moment }
            case .rest: break
            }
            guard let lane = underWay.randomElement(using: &random), isLate || random.chance(60) else { continue }
            underWay.remove(lane)
            let has = waiting[lane, default: 0]
            if has == 0 {
                lanes.finished(lane, .idle, at: now, chance: 0)
            } else if !isLate, random.chance(30) {
                lanes.finished(lane, .failed(pause: random.chance(20) ? .seconds(3) : nil), at: now, chance: 0.5)
            } else {
                waiting[lane] = has - 1
                lanes.finished(lane, .delivered(hasMore: has > 1), at: now, chance: 0)
            }
        }
        // Nothing fails any more: all that waits goes out.
        for _ in 0..<2_000 {
            switch lanes.next(at: now) {
            case .deliver(let lane): underWay.insert(lane)
            case .wait(let moment): now = moment
            case .rest:
                guard let lane = underWay.popFirst() else { continue }
                let has = waiting[lane, default: 0]
                waiting[lane] = max(0, has - 1)
                lanes.finished(lane, has == 0 ? .idle : .delivered(hasMore: has > 1), at: now, chance: 0)
            }
        }
        #expect(waiting.values.allSatisfy { $0 == 0 } && underWay.isEmpty)
        #expect(lanes.failingFor(at: now) == nil)
    }
}

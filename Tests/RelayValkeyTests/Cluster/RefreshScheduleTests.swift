import NIOCore
import Testing

@testable import RelayValkey

struct RefreshScheduleTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    @Test("However many want it, there is one refresh at a time, and none in short succession")
    func coalesced() {
        var schedule = self.make()
        #expect(schedule.start(now: self.start) == .refresh)
        for _ in 0..<100 { #expect(schedule.wanted(now: self.start) == .nothing) }
        #expect(
            schedule.finished(isGood: true, now: self.start + .milliseconds(10), random: 1) == .wait(.milliseconds(90))
        )
        #expect(schedule.wanted(now: self.start + .milliseconds(20)) == .nothing)
        #expect(schedule.waited(now: self.start + .milliseconds(100)) == .refresh)
    }

    @Test("One that is wanted later comes sooner than planned")
    func wanted() {
        var schedule = self.make()
        #expect(schedule.start(now: self.start) == .refresh)
        #expect(schedule.finished(isGood: true, now: self.start, random: 1) == .wait(.seconds(15)))
        #expect(schedule.wanted(now: self.start + .seconds(1)) == .wait(.zero))
        #expect(schedule.wanted(now: self.start + .seconds(1)) == .nothing)
    }

    @Test("Refreshes come by themselves, sooner after a failure, each with jitter")
    func periodic() {
        var schedule = self.make()
        #expect(schedule.start(now: self.start) == .refresh)
        #expect(schedule.finished(isGood: false, now: self.start, random: 0) == .wait(.milliseconds(50)))
        #expect(schedule.waited(now: self.start) == .refresh)
        #expect(schedule.finished(isGood: false, now: self.start, random: 0) == .wait(.milliseconds(100)))
        #expect(schedule.waited(now: self.start) == .refresh)
        #expect(schedule.finished(isGood: true, now: self.start, random: 0) == .wait(.milliseconds(11_250)))
    }

    @Test("When closed it does nothing")
    func closed() {
        var schedule = self.make()
        #expect(schedule.start(now: self.start) == .refresh)
        schedule.close()
        #expect(schedule.finished(isGood: true, now: self.start, random: 0) == .nothing)
        #expect(schedule.wanted(now: self.start) == .nothing)
        #expect(schedule.waited(now: self.start) == .nothing)
    }

    private func make() -> RefreshSchedule {
        RefreshSchedule(interval: .seconds(15), shortest: .milliseconds(100))
    }
}

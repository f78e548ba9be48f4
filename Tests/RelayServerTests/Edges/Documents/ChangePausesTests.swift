import NIOCore
import Testing

@testable import RelayServer

@Suite("When changes are told")
struct ChangePausesTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    @Test("once it is quiet for two seconds, and after ten at the latest")
    func pauses() {
        var pauses = ChangePauses<String>()
        pauses.changed("a", at: Self.start)
        #expect(pauses.due(at: Self.start + .milliseconds(1_999)) == [])
        pauses.changed("a", at: Self.start + .milliseconds(1_999))
        #expect(pauses.due(at: Self.start + .seconds(2)) == [])
        #expect(pauses.due(at: Self.start + .milliseconds(3_999)) == ["a"])
        #expect(pauses.due(at: Self.start + .minutes(1)) == [])
        for second in 0..<10 as Range<Int64> {
            pauses.changed("b", at: Self.start + .seconds(second))
            #expect(pauses.due(at: Self.start + .seconds(second)) == [])
        }
        #expect(pauses.due(at: Self.start + .seconds(10)) == ["b"])
        #expect(pauses.count == 0)
    }

    @Test("at once where nothing may wait, and of too many the earliest")
    func excess() {
        var pauses = ChangePauses<Int>()
        for name in 0...ChangePauses<Int>.maxPauses {
            pauses.changed(name, at: Self.start + .nanoseconds(Int64(name)))
        }
        #expect(pauses.due(at: Self.start + .milliseconds(1)) == [0])
        #expect(pauses.due(at: Self.start + .milliseconds(1), all: true).count == ChangePauses<Int>.maxPauses)
    }
}

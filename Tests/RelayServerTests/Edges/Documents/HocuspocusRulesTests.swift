import NIOCore
import RelayCore
import Testing

@testable import RelayServer

@Suite("Hocuspocus: what waits, and when it is over")
struct HocuspocusRulesTests {
    @Test("what waits is bounded, charged, and comes out in its order")
    func undecided() {
        let ledger = MemoryLedger(limits: MemoryLimits(whole: 64 << 20))
        var frames = UndecidedFrames()
        func add(_ frame: [UInt8], _ address: String) -> Bool {
            frames.add(frame, of: HocuspocusAddress(address), in: ledger, .requests)
        }
        func take(_ address: String) -> [[UInt8]] { frames.take(HocuspocusAddress(address)) }
        for number in 0..<10 { #expect(add([UInt8(number)], "a")) }
        #expect(add([1, 2, 3], "b"))
        #expect(ledger.bytes(in: .requests) == 13 + 11 * 64)
        #expect(take("a") == (0..<10).map { [UInt8($0)] })
        #expect(take("a").isEmpty)
        #expect(ledger.bytes(in: .requests) == 3 + 64)
        #expect(!add([UInt8](repeating: 0, count: 5 << 20), "b"))
        #expect(add([UInt8](repeating: 0, count: (5 << 20) - 3), "b"))
        frames.removeAll()
        #expect(ledger.bytes(in: .requests) == 0)
        for number in 0..<100 { #expect(add([], "\(number)")) }
        #expect(!add([], "100"))
        for _ in 100..<1_000 { #expect(add([], "7")) }
        #expect(!add([], "7"))
    }

    @Test("a socket is closed that says nothing, or enters nothing, for a minute")
    func idleness() {
        let start = NIODeadline.uptimeNanoseconds(1 << 40)
        var idleness = HocuspocusIdleness(openedAt: start)
        #expect(idleness.verdict(at: start, hasDocument: false) == .lookAgain(start + .seconds(60)))
        idleness.heard(at: start + .seconds(50))
        #expect(idleness.verdict(at: start + .seconds(60), hasDocument: false) == .close)
        #expect(idleness.verdict(at: start + .seconds(60), hasDocument: true) == .lookAgain(start + .seconds(110)))
        #expect(idleness.verdict(at: start + .seconds(110), hasDocument: true) == .close)
    }
}

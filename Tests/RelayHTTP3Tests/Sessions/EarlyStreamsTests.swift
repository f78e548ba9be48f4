import NIOCore
import Testing

@testable import RelayHTTP3

@Suite("Streams that come before their session")
struct EarlyStreamsTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    @Test("they wait for it in their order, and others' are left alone")
    func order() {
        var early = EarlyStreams<String>()
        for (name, session) in [("a", 0), ("b", 4), ("c", 0)] as [(String, UInt64)] {
            let verdict = early.arrived(name, of: session, at: Self.start)
            #expect(verdict == .waits)
        }
        let opened = early.opened(0)
        #expect(opened == ["a", "c"])
        #expect(early.streams == ["b"])
        let ended = early.ended(4)
        #expect(ended == ["b"])
        let late = early.arrived("d", of: 4, at: Self.start)
        #expect(late == .gone)
    }

    @Test("so many wait, and for so long")
    func bounds() {
        var early = EarlyStreams<Int>(.init(streams: 3, patience: .seconds(5), remembered: 2))
        for index in 0..<5 {
            let verdict = early.arrived(index, of: 8, at: Self.start + .seconds(Int64(index)))
            #expect(verdict == (index < 3 ? .waits : .refused))
        }
        let none = early.expired(at: Self.start + .seconds(4))
        #expect(none.isEmpty)
        let some = early.expired(at: Self.start + .seconds(6))
        #expect(some == [0, 1])
        #expect(early.streams == [2])
        for session in [12, 16, 20] as [UInt64] { _ = early.ended(session) }
        let forgotten = early.arrived(9, of: 12, at: Self.start)
        let known = early.arrived(9, of: 20, at: Self.start)
        #expect(forgotten == .waits && known == .gone)
    }
}

import NIOCore
import Testing

@testable import RelayServer

@Suite("When a peer has stopped taking its answer")
struct WriteStallTests {
    private static func at(_ seconds: UInt64) -> NIODeadline { .uptimeNanoseconds(seconds * 1_000_000_000) }
    private static let limit = TimeAmount.seconds(30)

    @Test("a peer whose buffer has room is never asked about")
    func writable() {
        var stall = WriteStall()
        #expect(!stall.isDue(at: Self.at(900), after: Self.limit))
        stall.writabilityChanged(to: false, at: Self.at(900))
        #expect(!stall.isDue(at: Self.at(930), after: Self.limit))
        #expect(stall.isDue(at: Self.at(931), after: Self.limit))
        stall.writabilityChanged(to: true, at: Self.at(931))
        #expect(!stall.isDue(at: Self.at(999), after: Self.limit))
    }

    @Test("a peer that takes its answer little by little stays, one that takes nothing goes")
    func littleByLittle() {
        var stall = WriteStall()
        stall.writabilityChanged(to: false, at: Self.at(0))
        let isOver = stall.looked(at: Self.at(31), silence: .seconds(5), limit: Self.limit)
        #expect(!isOver)
        #expect(!stall.isDue(at: Self.at(56), after: Self.limit))
        #expect(stall.isDue(at: Self.at(57), after: Self.limit))
        let isOverThen = stall.looked(at: Self.at(57), silence: .seconds(31), limit: Self.limit)
        #expect(isOverThen)
    }

    @Test("a peer of which nothing can be known goes")
    func unknown() {
        var stall = WriteStall()
        stall.writabilityChanged(to: false, at: Self.at(0))
        let isOver = stall.looked(at: Self.at(31), silence: nil, limit: Self.limit)
        #expect(isOver)
    }
}

import RelayCore
import RelayWire
import SeededRandom
import Testing

@Suite("Giving out ids")
struct IDSequenceTests {
    private func time(_ milliseconds: Int64) -> Timestamp {
        Timestamp(microseconds: milliseconds * 1000)
    }

    @Test("ids follow the clock, and count on within a millisecond and while the clock is behind")
    func followsClock() {
        var sequence = IDSequence()
        let ids = [10, 10, 11, 5, 11, 12].map { sequence.next(at: self.time($0)).description }
        #expect(ids == ["10-0", "10-1", "11-0", "11-1", "11-2", "12-0"])
        #expect(sequence.last.description == "12-0")
    }

    @Test("the first id of all is after zero, whatever the clock says", arguments: [0, -5, 1])
    func afterZero(milliseconds: Int64) {
        var sequence = IDSequence()
        #expect(sequence.next(at: self.time(milliseconds)) > .zero)
    }

    @Test("a sequence goes on after the last id of an earlier one")
    func goesOn() {
        var sequence = IDSequence(after: MessageID(milliseconds: 100, sequence: 7))
        #expect(sequence.next(at: self.time(50)).description == "100-8")
    }

    @Test("a used-up millisecond is followed by the next one")
    func carries() {
        var sequence = IDSequence(after: MessageID(milliseconds: 100, sequence: .max))
        #expect(sequence.next(at: self.time(50)).description == "101-0")
    }

    @Test("ids increase strictly under a clock that jumps at random", arguments: 1...5)
    func increases(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var sequence = IDSequence()
        var previous = MessageID.zero
        for _ in 0..<2_000 {
            let id = sequence.next(at: self.time(Int64.random(in: -3...40, using: &random)))
            #expect(id > previous)
            previous = id
        }
    }
}

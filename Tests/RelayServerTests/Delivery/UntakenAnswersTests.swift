import NIOCore
import Testing

@testable import RelayCore
@testable import RelayServer

@Suite("Answers that are not taken")
struct UntakenAnswersTests {
    private func since(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(seconds) }

    @Test("those that have held answers for the longest go first, and no more than needed")
    func order() {
        let held = [(self.since(9), 100), (self.since(2), 10), (self.since(5), 30), (self.since(7), 500)]
        let places = { (excess: Int) in
            ClosingOrder.toClose(held.map { (since: $0.0, bytes: $0.1) }, freeing: excess)
        }
        #expect(places(0) == [])
        #expect(places(1) == [1])
        #expect(places(11) == [1, 2])
        #expect(places(41) == [1, 2, 3])
        #expect(places(5_000) == [1, 2, 3, 0])
    }

    @Test("what is not taken is charged as it stands, and its age is that of the first byte")
    func counting() {
        let memory = MemoryLedger()
        var untaken: UntakenAnswers?
        untaken = untaken.counting(100, since: self.since(3), memory)
        #expect(memory.bytes(in: .answers) == 100 && untaken?.since == self.since(3))
        untaken = untaken.counting(40, since: self.since(8), memory)
        #expect(memory.bytes(in: .answers) == 40 && untaken?.since == self.since(3))
        untaken = untaken.counting(0, since: nil, memory)
        #expect(memory.bytes(in: .answers) == 0)
        #expect(untaken?.since == nil)
    }
}

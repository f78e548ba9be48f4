import RelayWire
import Testing

@testable import RelayProof

@Suite("Gaps of a reader")
struct GapListTests {
    private static func id(_ number: Int) -> MessageID {
        MessageID(milliseconds: 0, sequence: UInt64(number))
    }

    @Test(
        "An id is in the list if it is in one of the gaps, in whatever order they came",
        arguments: 0..<200 as Range<UInt64>
    )
    func model(seed: UInt64) {
        var random = ProofRandom(seed: seed)
        var list = GapList()
        var gaps: [Range<Int>] = []
        for _ in 0..<Int.random(in: 1...12, using: &random) {
            let after = Int.random(in: 0..<60, using: &random)
            let before = after + Int.random(in: 0..<15, using: &random)
            list.insert(after: Self.id(after), before: Self.id(before))
            gaps.append(min(after + 1, before)..<before)
        }
        for number in 0..<80 {
            #expect(list.contains(Self.id(number)) == gaps.contains { $0.contains(number) }, "\(number) in \(gaps)")
        }
    }
}

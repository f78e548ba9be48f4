import Testing

@testable import RelayStorage

@Suite("Texts in order")
struct SortedTextsTests {
    @Test("whatever comes and goes, pages are those of the sorted list")
    func model() {
        var random = Steps()
        var texts = SortedTexts()
        var model: Set<String> = []
        for round in 0..<20_000 {
            let text = "t\(Int.random(in: 0..<4_000, using: &random))"
            if Int.random(in: 0..<5, using: &random) < (round < 10_000 ? 4 : 1) {
                texts.insert(text)
                model.insert(text)
            } else {
                texts.remove(text)
                model.remove(text)
            }
            guard round % 500 == 0 else { continue }
            let sorted = model.sorted()
            #expect(texts.page(.max) == sorted && texts.isEmpty == sorted.isEmpty)
            let start = "t\(Int.random(in: 0..<4_000, using: &random))"
            let end = "t\(Int.random(in: 0..<4_000, using: &random))"
            let later = sorted.filter { $0 > start }
            #expect(texts.page(7, after: start) == Array(later.prefix(7)))
            #expect(texts.page(1_500, after: start, before: end) == Array(later.filter { $0 < end }.prefix(1_500)))
            #expect(texts.page(0).isEmpty && texts.page(3) == Array(sorted.prefix(3)))
        }
        for text in model { texts.remove(text) }
        #expect(texts.isEmpty && texts.page(3, after: "t").isEmpty)
    }
}

/// The same numbers each time.
private struct Steps: RandomNumberGenerator {
    private var state: UInt64 = 7

    mutating func next() -> UInt64 {
        self.state = self.state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return self.state ^ (self.state >> 29)
    }
}

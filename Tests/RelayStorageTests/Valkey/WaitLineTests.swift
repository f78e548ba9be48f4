import Testing

@testable import RelayStorage

@Suite("What waits behind a wait")
struct WaitLineTests {
    @Test("one batch is out at a time, what comes meanwhile goes with the next, in order and in bounds")
    func batches() {
        var line = WaitLine<Int>()
        #expect(line.add(0) == [0])
        for number in 1...100 { #expect(line.add(number) == nil) }
        #expect(line.finished() == Array(1...64))
        #expect(line.add(101) == nil)
        #expect(line.finished() == Array(65...101))
        #expect(line.finished() == nil)
        #expect(line.add(102) == [102])
        #expect(line.finished() == nil)
    }
}

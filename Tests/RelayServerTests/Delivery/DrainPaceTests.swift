import NIOCore
import Testing

@testable import RelayServer

/// How connections are let go when the relay stops.
@Suite("The pace at which connections are let go")
struct DrainPaceTests {
    private static func steps(_ count: Int, _ loops: Int, _ seconds: Int64) -> [Int] {
        var pace = DrainPace(of: count, on: loops, over: .seconds(seconds))
        var steps: [Int] = []
        while let step = pace.next() { steps.append(step) }
        return steps
    }

    @Test(
        "all are, each once, within the time",
        arguments: [0, 1, 2, 9, 10, 99, 1_000, 12_345, 100_000],
        [0, 1, 7, 20]
    )
    func all(_ count: Int, _ seconds: Int64) {
        let steps = Self.steps(count, 2, seconds)
        #expect(steps.reduce(0, +) == count)
        #expect(steps.count <= max(1, Int(seconds) * 10))
        #expect(steps.allSatisfy { $0 > 0 })
        // No step is a storm beside the others.
        if let most = steps.max(), let mean = steps.isEmpty ? nil : count / steps.count { #expect(most <= mean + 1) }
    }

    @Test("few of them are at once, whatever time there is")
    func few() {
        #expect(Self.steps(5, 2, 60).count == 1)
        #expect(Self.steps(50, 2, 60).count == 10)
    }

    @Test("with no time all are at once")
    func atOnce() {
        #expect(Self.steps(1_000, 1, 0) == [1_000])
    }

    @Test("a close frame says when to come again, and where to as far as there is room")
    func reason() {
        #expect(DrainHint.reason(alternate: nil).hasSuffix(" ms"))
        #expect(DrainHint.reason(alternate: "https://other.example.org").hasSuffix(" ms at https://other.example.org"))
        let long = "https://\(String(repeating: "a", count: 120)).example.org"
        #expect(DrainHint.reason(alternate: long).hasSuffix(" ms"))
        for length in 0...200 {
            #expect(DrainHint.reason(alternate: String(repeating: "a", count: length)).utf8.count <= 123)
        }
    }
}

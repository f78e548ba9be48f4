import Testing

@testable import RelayProof

@Suite("What a proof is told to do")
struct PlanTests {
    @Test(
        "Readers are given as kinds with counts",
        arguments: [
            ("websocket:2,sse", [.websocket, .websocket, .sse]), ("poll:1", [.poll]), ("sse:0,poll:1", [.poll]),
        ] as [(String, [ReaderKind])]
    )
    func mix(text: String, kinds: [ReaderKind]) {
        #expect(ReaderMix(text)?.kinds == kinds)
    }

    @Test(
        "Other readers are refused",
        arguments: ["", "sse:0", "sse:-1", "sse:x", "http:1", "sse:1001", "sse:1,,", "sse:600,poll:600"]
    )
    func badMix(text: String) {
        #expect(ReaderMix(text) == nil)
    }

    @Test(
        "A span is a number with a unit, or seconds",
        arguments: [
            ("500ms", .milliseconds(500)), ("30s", .seconds(30)), ("1.5m", .seconds(90)), ("2h", .seconds(7200)),
            ("7", .seconds(7)),
        ] as [(String, Duration)]
    )
    func span(text: String, span: Duration) {
        #expect(SpanText.parse(text) == span)
    }

    @Test("Other spans are refused", arguments: ["", "s", "-1s", "0", "1d", "1e9s", "10000000s", "nan", "1 s"])
    func badSpan(text: String) {
        #expect(SpanText.parse(text) == nil)
    }

    @Test("A random span has its mean, and an end")
    func randomSpan() {
        var random = ProofRandom(seed: 1)
        let spans = (0..<10_000).map { _ in random.span(mean: .seconds(2)) / .seconds(1) }
        let mean = spans.reduce(0, +) / 10_000
        #expect(mean > 1.9 && mean < 2.1)
        #expect(spans.allSatisfy { $0 >= 0 && $0 <= 20 })
    }

    @Test("What no relay takes is refused before anything is sent")
    func problems() {
        var plan = ProofPlan(runID: "r")
        #expect(plan.problem != nil)
        plan.readers = [.poll]
        #expect(plan.problem == nil)
        plan.topicCount = 51
        #expect(plan.problem != nil)
        plan.topicCount = 1
        plan.rate = 0
        #expect(plan.problem != nil)
    }

    @Test(
        "Some messages are larger than what relays that share a store tell each other whole, and the others as wanted"
    )
    func largeMessages() {
        for wanted in [0, 200, 500_000] {
            var plan = ProofPlan(runID: "r")
            plan.payloadSize = wanted
            let sizes = (0..<1_000).map(plan.payloadSize(of:))
            #expect(sizes.count { $0 > 256 << 10 } >= 2)
            #expect(sizes.allSatisfy { $0 >= wanted } && sizes.count { $0 == wanted } >= 998)
        }
    }
}

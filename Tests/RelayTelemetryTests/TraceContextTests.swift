import RelayTelemetry
import SeededRandom
import Testing

/// The standard's own example.
private let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

@Suite struct TraceContextTests {
    @Test func readsAndWrites() throws {
        let context = try #require(TraceContext(traceparent: good))
        #expect(context.traceID.description == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(context.spanID.description == "00f067aa0ba902b7")
        #expect(context.traceID.bytes.count == 16)
        #expect(context.spanID.bytes == [0, 0xF0, 0x67, 0xAA, 0x0B, 0xA9, 0x02, 0xB7])
        #expect(context.isSampled)
        #expect(context.traceparent == good)
    }

    /// Each is refused whole; the standard lets nobody guess what was meant.
    @Test(arguments: [
        "", "00", good + "-", good + "-00", "ff" + good.dropFirst(2), "0" + good, String(good.dropLast()),
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473-000f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x",
        "01" + good.dropFirst(2) + "00", " " + good, good + " ",
        "00-４bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ])
    func refusesWhatIsNone(_ text: String) {
        #expect(TraceContext(traceparent: text) == nil)
    }

    @Test func readsLaterVersionsAsFarAsItKnowsThem() throws {
        let later = try #require(TraceContext(traceparent: "cc" + good.dropFirst(2) + "-what-comes"))
        #expect(later.traceparent == good)
        #expect(TraceContext(traceparent: "cc" + good.dropFirst(2)) != nil)
    }

    @Test func looksAtTheSampledFlagAlone() {
        #expect(TraceContext(traceparent: good.dropLast(2) + "fe")?.isSampled == false)
        #expect(TraceContext(traceparent: good.dropLast(2) + "03")?.isSampled == true)
    }

    @Test func newIdsComeBackAsTheyWere() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<1_000 {
            let context = TraceContext(
                traceID: .random(using: &generator),
                spanID: .random(using: &generator),
                isSampled: Bool.random(using: &generator)
            )
            #expect(TraceContext(traceparent: context.traceparent) == context)
        }
    }
}

@Suite struct TraceStateTests {
    @Test func keepsMembersInTheirOrder() {
        #expect(
            TraceState(["congo=t61rcWkgMzE , rojo=00f067aa0ba902b7", "a@b=1"])?.text
                == "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7,a@b=1"
        )
        #expect(TraceState(["a=1,,b=2, "])?.text == "a=1,b=2")
    }

    @Test(arguments: ["", ",", "a", "a=", "=b", "A=1", "a=1,a=2", "a=b=c", "a=\u{7F}", "é=1", "a=1\n"])
    func dropsWhatIsNone(_ text: String) {
        #expect(TraceState([text]) == nil)
    }

    @Test func isBounded() throws {
        let many = (0..<33).map { "k\($0)=1" }.joined(separator: ",")
        #expect(TraceState([many]) == nil)
        let long = "long=" + String(repeating: "x", count: 200)
        let short = (0..<20).map { "k\($0)=" + String(repeating: "y", count: 40) }
        let kept = try #require(TraceState([([long] + short).joined(separator: ",")]))
        #expect(kept.text.utf8.count <= 512)
        #expect(kept.text.hasPrefix("k0="))
    }
}

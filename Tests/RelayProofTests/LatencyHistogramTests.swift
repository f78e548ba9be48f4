import RelayProof
import Testing

@Suite("Latencies")
struct LatencyHistogramTests {
    @Test(
        "A percentile is never too low, and at most 3 % too high",
        arguments: [1, 31, 32, 33, 1000, 123_456, 99_999_999]
    )
    func percentile(microseconds: Int64) throws {
        var histogram = LatencyHistogram()
        histogram.add(nanoseconds: microseconds * 1000)
        histogram.add(nanoseconds: 10_000_000_000_000)
        let half = try #require(histogram.percentile(50))
        #expect(half >= microseconds)
        #expect(Double(half) <= Double(microseconds) * 1.032)
        #expect(histogram.max == 10_000_000_000)
    }

    @Test("Ranks are counted from the lowest")
    func ranks() {
        var histogram = LatencyHistogram()
        for value in 1...20 { histogram.add(nanoseconds: Int64(value) * 1000) }
        #expect(histogram.percentile(50) == 10)
        #expect(histogram.percentile(95) == 19)
        #expect(histogram.percentile(100) == 20)
        #expect(LatencyHistogram().percentile(50) == nil)
    }
}

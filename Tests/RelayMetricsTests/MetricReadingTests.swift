import CoreMetrics
import RelayMetrics
import Testing

@Suite struct MetricReadingTests {
    private struct Collector: MetricCollector {
        func collect() -> [MetricSample] {
            [MetricSample(name: "m", kind: .gauge, help: "M.", labels: [("z", "1")], value: 4)]
        }
    }

    @Test func readingsAreWhatTheTextShows() throws {
        let registry = PrometheusRegistry(
            descriptions: [
                MetricDescription("a_total", "A."),
                MetricDescription("copy_total", "A again.", copying: "a_total", naming: ["l": "k"]),
                MetricDescription("t_seconds", "T.", buckets: [1, 2]),
            ],
            collectors: [Collector()]
        )
        let factory = PrometheusMetricsFactory(registry: registry)
        Counter(label: "a_total", dimensions: [("l", "x")], factory: factory).increment(by: 2)
        let timer = Timer(label: "t_seconds", dimensions: [], factory: factory)
        for seconds in [0.5, 1.5, 1.6, 9] { timer.recordNanoseconds(Int64(seconds * 1e9)) }
        let readings = registry.readings()
        #expect(readings.map(\.name) == ["a_total", "copy_total", "m", "t_seconds"])
        #expect(readings.map(\.help) == ["A.", "A again.", "M.", "T."])
        #expect(readings.map(\.kind) == [.counter, .counter, .gauge, .histogram])
        #expect(
            readings.map { $0.points[0].labels.map { "\($0.name)=\($0.value)" } } == [["l=x"], ["k=x"], ["z=1"], []]
        )
        let totals = readings.map(\.points[0].total)
        #expect(totals.map(\.count) == [0, 0, 0, 4])
        #expect(totals.prefix(3).map(\.value) == [2, 2, 4])
        #expect(totals[3].bounds == [1, 2] && totals[3].counts == [1, 2, 1])
        #expect(abs(totals[3].value - 12.6) < 1e-9)
    }
}

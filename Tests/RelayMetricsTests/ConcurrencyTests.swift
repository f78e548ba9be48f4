import CoreMetrics
import Testing

@testable import RelayMetrics

@Suite struct ConcurrencyTests {
    private static let writers = 8
    private static let rounds = 2_000

    @Test("Nothing is lost, and each text read meanwhile is whole", .timeLimit(.minutes(1)))
    func recording() async throws {
        let registry = PrometheusRegistry(
            descriptions: [MetricDescription("latency", "Seconds.", buckets: [1, 2])],
            maxSeries: 4
        )
        let factory = PrometheusMetricsFactory(registry: registry)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<Self.writers {
                group.addTask { Self.write(factory, writer) }
            }
            for _ in 0..<50 {
                group.addTask { try Self.check(registry.exposition()) }
            }
            try await group.waitForAll()
        }
        let parsed = try ExpositionParser(registry.exposition())
        let total = Double(Self.writers * Self.rounds)
        #expect(parsed.value("messages_total") == total)
        #expect(parsed.value("seconds_total") == total / 2)
        #expect(parsed.value("latency_count") == total)
        #expect(parsed.value("latency_sum") == total * 1.5)
        #expect(parsed.value("open") == 0)
        #expect(parsed.families["by_writer"]?.samples.map(\.value).reduce(0, +) == total)
        #expect(parsed.families["by_writer"]?.samples.count == 5)
    }

    private static func write(_ factory: PrometheusMetricsFactory, _ writer: Int) {
        let messages = factory.makeCounter(label: "messages_total", dimensions: [])
        let seconds = factory.makeFloatingPointCounter(label: "seconds_total", dimensions: [])
        let latency = factory.makeTimer(label: "latency", dimensions: [])
        let open = factory.makeMeter(label: "open", dimensions: [])
        for _ in 0..<Self.rounds {
            open.increment(by: 1)
            messages.increment(by: 1)
            seconds.increment(by: 0.5)
            latency.recordNanoseconds(1_500_000_000)
            factory.makeCounter(label: "by_writer", dimensions: [("writer", "\(writer)")]).increment(by: 1)
            open.decrement(by: 1)
        }
    }

    /// Whatever the moment, the buckets grow from one to the next and the count is the last bucket.
    private static func check(_ text: String) throws {
        let parsed = try ExpositionParser(text)
        guard parsed.families["latency"] != nil else { return }
        let buckets = try ["1", "2", "+Inf"].map { try #require(parsed.value("latency_bucket", ["le": $0])) }
        #expect(buckets == buckets.sorted())
        #expect(parsed.value("latency_count") == buckets.last)
    }
}

import RelayCore
import RelayMetrics
import Testing

@testable import RelayServer

@Suite("What is counted of each topic")
struct TopicSeriesTests {
    @Test("Topics beyond the bound share one series, and those within keep theirs")
    func bound() {
        let registry = PrometheusRegistry(descriptions: RelayMetric.descriptions(maxTopics: 2))
        let series = TopicSeries(factory: PrometheusMetricsFactory(registry: registry), maxTopics: 2)
        for _ in 0..<3 {
            for name in ["a", "b", "c", "d"] { series.received(2, in: TopicName(path: name), kept: nil) }
        }
        series.received(1, in: TopicName(path: "a"), kept: 7)
        let text = registry.exposition()
        for (topic, count) in [("a", 7), ("b", 6), ("other", 12)] {
            #expect(text.contains("\(RelayMetric.messagesReceived){topic=\"\(topic)\"} \(count)\n"))
        }
        #expect(!text.contains("topic=\"c\"") && !text.contains("topic=\"d\""))
        #expect(text.contains("\(RelayMetric.topicMessages){topic=\"a\"} 7\n"))
    }
}

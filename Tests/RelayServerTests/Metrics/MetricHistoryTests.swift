import CoreMetrics
import NIOCore
import NIOHTTP1
import RelayCore
import RelayMetrics
import RelayWire
import Synchronization
import Testing

@testable import RelayServer

@Suite("The last hour of a relay")
struct MetricHistoryTests {
    private final class Clock: Sendable {
        let seconds = Mutex(0)

        var relay: RelayClock {
            RelayClock(
                now: { Timestamp(microseconds: Int64(self.seconds.withLock { $0 }) * 1_000_000) },
                uptime: { .uptimeNanoseconds(UInt64(self.seconds.withLock { $0 }) * 1_000_000_000) }
            )
        }
    }

    private struct Collector: MetricCollector {
        func collect() -> [MetricSample] {
            ["a", "b"].map {
                MetricSample(name: "relay_memory_bytes", kind: .gauge, help: nil, labels: [("account", $0)], value: 2)
            }
        }
    }

    private static func value(_ name: String, _ sample: MetricHistory.Sample?) -> Double? {
        HistoryFigure.all.firstIndex { $0.name == name }.flatMap { sample?.values[$0] }
    }

    @Test("Series are added up by their labels, collectors by their names, and what nobody measures is unknown")
    func values() {
        let factory = PrometheusMetricsFactory(
            registry: PrometheusRegistry(descriptions: RelayMetric.descriptions(maxTopics: 1))
        )
        let history = MetricHistory(clock: Clock().relay)
        history.watch(factory.registry, [Collector()])
        for (route, status) in [("/a", "2xx"), ("/b", "2xx"), ("/a", "5xx")] {
            factory.makeCounter(label: RelayMetric.httpRequests, dimensions: [("handler", route), ("status", status)])
                .increment(by: 3)
        }
        let timer = factory.makeTimer(label: RelayMetric.messageLatency, dimensions: [])
        timer.recordNanoseconds(500_000_000)
        timer.recordNanoseconds(1_500_000_000)
        history.sample()
        let sample = history.all.last
        #expect(Self.value("http_2xx", sample) == 6)
        #expect(Self.value("http_5xx", sample) == 3)
        #expect(Self.value("http_4xx", sample) == 0)
        #expect(Self.value("publish_seconds_sum", sample) == 2)
        #expect(Self.value("publish_seconds_count", sample) == 2)
        #expect(sample?.latencies.reduce(0, +) == 2)
        #expect(sample?.latencies.count == history.latencyBounds.count + 1)
        #expect(Self.value("held_bytes", sample) == 4)
        #expect(Self.value("sessions", sample) == nil)
    }

    @Test("No more is kept than an hour has, the newest")
    func bound() {
        let clock = Clock()
        let history = MetricHistory(clock: clock.relay)
        history.sample()
        #expect(history.all.isEmpty)
        history.watch(PrometheusRegistry(), [])
        for _ in 0..<(MetricHistory.capacity + 5) {
            clock.seconds.withLock { $0 += 15 }
            history.sample()
        }
        let samples = history.all
        #expect(samples.count == MetricHistory.capacity)
        #expect(samples.first?.at == .uptimeNanoseconds(6 * 15 * 1_000_000_000))
    }

    @Test("GET /api/v1/admin/history is for administrators, and its columns are of one length")
    func route() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let reply = try await relay.send(.GET, "/api/v1/admin/history", token: admin)
            #expect(reply.status == 200)
            #expect(reply.object["interval_seconds"] as? Int == 15)
            let times = try #require(reply.object["times"] as? [String])
            #expect(times.count <= MetricHistory.capacity)
            let figures = try #require(reply.object["figures"] as? [String: [Any]])
            #expect(figures.keys.sorted() == HistoryFigure.all.map(\.name).sorted())
            #expect(figures.values.allSatisfy { $0.count == times.count })
            let user = try await relay.makeUser("uma", by: admin)
            #expect(try await relay.send(.GET, "/api/v1/admin/history", token: user.token).status == 403)
            #expect(try await relay.send(.GET, "/api/v1/admin/history").status == 401)
        }
    }
}

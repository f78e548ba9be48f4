import CoreMetrics
import Testing

@testable import RelayMetrics

@Suite struct PrometheusRegistryTests {
    private static func factory(
        _ descriptions: [MetricDescription] = [],
        maxSeries: Int = 1_000
    ) -> PrometheusMetricsFactory {
        PrometheusMetricsFactory(registry: PrometheusRegistry(descriptions: descriptions, maxSeries: maxSeries))
    }

    @Test("Everything is written byte for byte in the order of names, then labels")
    func exposition() {
        let factory = Self.factory([
            MetricDescription("b_seconds", "Time.", buckets: [0.5, 0.1]),
            MetricDescription("a_total", "Back\\slash\nand line."),
        ])
        factory.makeTimer(label: "b_seconds", dimensions: []).recordNanoseconds(250_000_000)
        factory.makeTimer(label: "b_seconds", dimensions: []).recordNanoseconds(2_000_000_000)
        factory.makeCounter(label: "a_total", dimensions: [("route", "/x"), ("method", "POST")]).increment(by: 3)
        factory.makeCounter(label: "a_total", dimensions: [("method", "GET"), ("route", "/x")]).increment(by: 4)
        factory.makeMeter(label: "c.open-now", dimensions: []).set(-1.5)
        #expect(
            factory.registry.exposition() == """
                # HELP a_total Back\\\\slash\\nand line.
                # TYPE a_total counter
                a_total{method="GET",route="/x"} 4
                a_total{method="POST",route="/x"} 3
                # HELP b_seconds Time.
                # TYPE b_seconds histogram
                b_seconds_bucket{le="0.1"} 0
                b_seconds_bucket{le="0.5"} 1
                b_seconds_bucket{le="+Inf"} 2
                b_seconds_sum 2.25
                b_seconds_count 2
                # TYPE c_open_now gauge
                c_open_now -1.5

                """
        )
    }

    @Test("An empty registry is an empty text")
    func empty() {
        #expect(Self.factory().registry.exposition().isEmpty)
    }

    @Test("An observation equal to a bound is in that bound's bucket")
    func bounds() throws {
        let factory = Self.factory([MetricDescription("size", "Bytes.", buckets: [1, 2, 4])])
        let recorder = factory.makeRecorder(label: "size", dimensions: [], aggregate: true)
        for value in [1, 2, 2, 3, 4, 5] as [Int64] { recorder.record(value) }
        let parsed = try ExpositionParser(factory.registry.exposition())
        #expect(parsed.value("size_bucket", ["le": "1"]) == 1)
        #expect(parsed.value("size_bucket", ["le": "2"]) == 3)
        #expect(parsed.value("size_bucket", ["le": "4"]) == 5)
        #expect(parsed.value("size_bucket", ["le": "+Inf"]) == 6)
        #expect(parsed.value("size_sum") == 17)
        #expect(parsed.value("size_count") == 6)
    }

    @Test(
        "Any label value can be read back",
        arguments: ["", "a\"b", "a\\nb", "a\nb", "\\", "été/日本", "x=\"y\",z=\"", "}"]
    )
    func values(_ value: String) throws {
        let factory = Self.factory()
        factory.makeCounter(label: "a", dimensions: [("topic", value)]).increment(by: 1)
        #expect(try ExpositionParser(factory.registry.exposition()).value("a", ["topic": value]) == 1)
    }

    @Test(
        "Names become legal",
        arguments: [
            ("9lives", "le", "_9lives", "label_le"), ("a.b/c", "__name__", "a_b_c", "label__name__"),
            ("é:x", "a:b", "_:x", "a_b"), ("", "", "_", "_"),
        ]
    )
    func names(_ metric: String, _ label: String, _ expectedMetric: String, _ expectedLabel: String) throws {
        let factory = Self.factory()
        factory.makeCounter(label: metric, dimensions: [(label, "v")]).increment(by: 1)
        let parsed = try ExpositionParser(factory.registry.exposition())
        #expect(parsed.value(expectedMetric, [expectedLabel: "v"]) == 1)
    }

    @Test("Of two dimensions with one name the first counts")
    func repeatedLabel() throws {
        let factory = Self.factory()
        factory.makeCounter(label: "a", dimensions: [("x", "1"), ("x", "2")]).increment(by: 1)
        #expect(try ExpositionParser(factory.registry.exposition()).value("a", ["x": "1"]) == 1)
    }

    @Test("Counters take whole and fractional amounts, and nothing that lowers them")
    func counters() throws {
        let factory = Self.factory()
        let whole = factory.makeCounter(label: "a", dimensions: [])
        let fractional = factory.makeFloatingPointCounter(label: "a", dimensions: [])
        whole.increment(by: 2)
        whole.increment(by: -5)
        for amount in [0.25, -1, .nan, .infinity] { fractional.increment(by: amount) }
        #expect(factory.registry.exposition() == "# TYPE a counter\na 2.25\n")
        whole.reset()
        #expect(factory.registry.exposition() == "# TYPE a counter\na 0\n")
    }

    @Test("Gauges go up and down; recorders that do not aggregate are gauges")
    func gauges() throws {
        let factory = Self.factory()
        let meter = factory.makeMeter(label: "a", dimensions: [])
        meter.set(5 as Int64)
        meter.increment(by: 2)
        meter.decrement(by: 10)
        factory.makeRecorder(label: "b", dimensions: [], aggregate: false).record(.infinity)
        let parsed = try ExpositionParser(factory.registry.exposition())
        #expect(parsed.value("a") == -3)
        #expect(parsed.value("b") == .infinity)
    }

    @Test("Observations that are no numbers are not recorded")
    func notNumbers() throws {
        let factory = Self.factory()
        let recorder = factory.makeRecorder(label: "a", dimensions: [], aggregate: true)
        for value in [Double.nan, .infinity, -.infinity] { recorder.record(value) }
        #expect(try ExpositionParser(factory.registry.exposition()).value("a_count") == 0)
    }

    @Test("Beyond the limit, series are counted together under the label value other")
    func overflow() throws {
        let factory = Self.factory(maxSeries: 2)
        for topic in ["a", "b", "c", "d", "a"] {
            factory.makeCounter(label: "m", dimensions: [("topic", topic)]).increment(by: 1)
        }
        let parsed = try ExpositionParser(factory.registry.exposition())
        #expect(parsed.families["m"]?.samples.count == 3)
        #expect(parsed.value("m", ["topic": "a"]) == 2)
        #expect(parsed.value("m", ["topic": "other"]) == 2)
    }

    @Test("A description's own limit goes before the registry's")
    func ownLimit() throws {
        let factory = Self.factory([MetricDescription("m", "M.", maxSeries: 1)])
        for topic in ["a", "b"] { factory.makeCounter(label: "m", dimensions: [("t", topic)]).increment(by: 1) }
        #expect(try ExpositionParser(factory.registry.exposition()).value("m", ["t": "other"]) == 1)
    }

    @Test("A series goes with its last user, and makes room")
    func destroy() throws {
        let factory = Self.factory(maxSeries: 1)
        let first = factory.makeCounter(label: "m", dimensions: [("t", "a")])
        let second = factory.makeCounter(label: "m", dimensions: [("t", "a")])
        first.increment(by: 1)
        factory.destroyCounter(first)
        #expect(try ExpositionParser(factory.registry.exposition()).value("m", ["t": "a"]) == 1)
        factory.destroyCounter(second)
        #expect(factory.registry.exposition().isEmpty)
        factory.makeCounter(label: "m", dimensions: [("t", "b")]).increment(by: 1)
        #expect(try ExpositionParser(factory.registry.exposition()).value("m", ["t": "b"]) == 1)
    }

    @Test("A name belongs to one kind of metric; others are refused, counted, and do no harm")
    func conflicts() throws {
        let factory = Self.factory()
        factory.makeCounter(label: "a", dimensions: []).increment(by: 1)
        factory.makeMeter(label: "a", dimensions: []).set(7 as Int64)
        factory.makeTimer(label: "b", dimensions: []).recordNanoseconds(1)
        factory.makeCounter(label: "b_count", dimensions: []).increment(by: 5)
        let parsed = try ExpositionParser(factory.registry.exposition())
        #expect(parsed.value("a") == 1)
        #expect(parsed.value("b_count") == 1)
        #expect(parsed.value(PrometheusRegistry.rejectedName) == 2)
    }

    @Test("Label values are cut at 512 bytes, between characters")
    func longValues() throws {
        let factory = Self.factory()
        factory.makeCounter(label: "a", dimensions: [("t", String(repeating: "日", count: 400))]).increment(by: 1)
        let expected = String(repeating: "日", count: 170)
        #expect(try ExpositionParser(factory.registry.exposition()).value("a", ["t": expected]) == 1)
    }

    @Test("The relay's own descriptions have distinct, legal names and one line of help")
    func relayDescriptions() {
        let descriptions = RelayMetric.descriptions(maxTopics: 3)
        #expect(Set(descriptions.map(\.name)).count == descriptions.count)
        for description in descriptions {
            #expect(MetricText.metricName(description.name) == description.name)
            #expect(description.help.hasSuffix(".") && !description.help.contains("\n"))
        }
    }
}

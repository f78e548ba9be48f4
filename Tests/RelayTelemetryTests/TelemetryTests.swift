import CoreMetrics
import Logging
import NIOCore
import OTLPMessages
import RelayCore
import RelayMetrics
import RelayWire
import SwiftProtobuf
import Synchronization
import Testing

@testable import RelayTelemetry

/// A collector that says what it is told to say, one thing after another, and then takes everything.
private final class ScriptedCollector: OTLPTransport {
    let received = Mutex<[(signal: TelemetrySignal, message: ByteBuffer)]>([])
    private let script: Mutex<[ExportOutcome]>
    private let delay: Duration

    init(_ script: [ExportOutcome] = [], delay: Duration = .zero) {
        self.script = Mutex(script)
        self.delay = delay
    }

    func send(_ signal: TelemetrySignal, _ message: ByteBuffer, within limit: TimeAmount) async -> ExportOutcome {
        do {
            try await Task.sleep(for: min(self.delay, .nanoseconds(limit.nanoseconds)))
        } catch {
            return .later("cancelled", after: nil)
        }
        if self.delay > .nanoseconds(limit.nanoseconds) { return .later("too slow", after: nil) }
        let outcome = self.script.withLock { $0.isEmpty ? .accepted(answer: ByteBuffer()) : $0.removeFirst() }
        if case .accepted = outcome { self.received.withLock { $0.append((signal, message)) } }
        return outcome
    }

    func close() async {}

    var spans: [Opentelemetry_Proto_Trace_V1_Span] {
        self.received.withLock { $0 }.filter { $0.signal == .traces }.flatMap { _, message in
            let request = try? Opentelemetry_Proto_Collector_Trace_V1_ExportTraceServiceRequest(
                serializedBytes: Array(message.readableBytesView)
            )
            return request?.resourceSpans.flatMap { $0.scopeSpans.flatMap(\.spans) } ?? []
        }
    }

    var records: [Opentelemetry_Proto_Logs_V1_LogRecord] {
        self.received.withLock { $0 }.filter { $0.signal == .logs }.flatMap { _, message in
            let request = try? Opentelemetry_Proto_Collector_Logs_V1_ExportLogsServiceRequest(
                serializedBytes: Array(message.readableBytesView)
            )
            return request?.resourceLogs.flatMap { $0.scopeLogs.flatMap(\.logRecords) } ?? []
        }
    }

    var metrics: [Opentelemetry_Proto_Metrics_V1_Metric] {
        self.received.withLock { $0 }.filter { $0.signal == .metrics }.flatMap { _, message in
            let request = try? Opentelemetry_Proto_Collector_Metrics_V1_ExportMetricsServiceRequest(
                serializedBytes: Array(message.readableBytesView)
            )
            return request?.resourceMetrics.flatMap { $0.scopeMetrics.flatMap(\.metrics) } ?? []
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct TelemetryTests {
    private static let retries = RetryRule(first: .milliseconds(1), longest: .milliseconds(2), patience: .seconds(5))

    private static func telemetry(
        _ collector: ScriptedCollector,
        retries: RetryRule = Self.retries,
        _ change: (inout TelemetrySettings) -> Void = { _ in }
    ) throws -> TelemetryExporter {
        let endpoint = try #require(OTLPEndpoint("http://127.0.0.1:4318"))
        var settings = TelemetrySettings(endpoint: endpoint, instance: "test")
        settings.sampling = Sampling(ratio: 1, maxPerSecond: 1_000_000)
        settings.interval = .seconds(3_600)
        change(&settings)
        return TelemetryExporter(
            settings,
            transport: collector,
            retries: retries,
            counts: ExportTotals(),
            began: 0,
            memory: MemoryLedger(),
            clock: Self.clock,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    private static let clock = RelayClock(now: { Timestamp(microseconds: 1_000) }, uptime: { .now() })

    private static func tracer(_ exporter: TelemetryExporter) -> Tracer {
        let tracer = Tracer(clock: Self.clock, seed: 1)
        tracer.record(exporter.settings.sampling, naming: false, into: exporter.spans)
        return tracer
    }

    /// Has it run for as long as the body does, and stop in order.
    private static func running(
        _ telemetry: TelemetryExporter,
        _ registry: PrometheusRegistry = PrometheusRegistry(),
        within limit: Duration = .seconds(5),
        _ body: () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await telemetry.run(exporting: registry) }
            try await body()
            await telemetry.finish(within: limit)
            try await tasks.waitForAll()
        }
    }

    private static func record(_ message: String) -> LogRecord {
        LogRecord(
            time: Timestamp(microseconds: 7),
            severity: .warning,
            level: "warning",
            target: "test",
            message: message,
            attributes: [Attribute("k", .text("v"))],
            context: TraceContext(traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        )
    }

    @Test func everythingIsSentByTheEnd() async throws {
        let collector = ScriptedCollector()
        let telemetry = try Self.telemetry(collector)
        let registry = PrometheusRegistry()
        let factory = PrometheusMetricsFactory(registry: registry)
        try await Self.running(telemetry, registry) {
            let tracer = Self.tracer(telemetry)
            for _ in 0..<1_000 { tracer.begin("GET", under: nil)?.end(as: "GET /x") }
            telemetry.add(Self.record("hello"))
            Counter(label: "hits_total", dimensions: [("a", "b")], factory: factory).increment(by: 3)
        }
        #expect(collector.spans.count == 1_000)
        #expect(Set(collector.spans.map(\.spanID)).count == 1_000)
        let record = try #require(collector.records.first)
        #expect(record.body.stringValue == "hello" && record.severityNumber == .warn)
        #expect(record.traceID.map { $0 }.count == 16 && record.attributes.map(\.key) == ["log.target", "k"])
        let metric = try #require(collector.metrics.first)
        #expect(metric.name == "hits_total" && metric.sum.isMonotonic)
        #expect(metric.sum.aggregationTemporality == .cumulative)
        #expect(metric.sum.dataPoints.first?.asDouble == 3)
    }

    @Test func aCollectorThatHasNoTimeIsAskedAgain() async throws {
        let collector = ScriptedCollector([
            .later("no", after: nil), .later("no", after: .milliseconds(3)), .later("no", after: nil),
        ])
        let telemetry = try Self.telemetry(collector) { $0.signals = [.traces] }
        let tracer = Self.tracer(telemetry)
        try await Self.running(telemetry) {
            for _ in 0..<SignalExporter<FinishedSpan>.most { tracer.begin("GET", under: nil)?.end() }
            while collector.spans.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        }
        #expect(collector.spans.count == SignalExporter<FinishedSpan>.most)
    }

    @Test func whatIsRefusedIsNotSentAgain() async throws {
        let collector = ScriptedCollector([.refused("no")])
        let telemetry = try Self.telemetry(collector) { $0.signals = [.logs] }
        try await Self.running(telemetry) { telemetry.add(Self.record("first")) }
        #expect(collector.records.isEmpty)
        #expect(Self.counted(telemetry, "relay_telemetry_dropped_total") == 1)
    }

    @Test func aCollectorThatTakesAPartIsBelieved() async throws {
        var answer = Opentelemetry_Proto_Collector_Trace_V1_ExportTraceServiceResponse()
        answer.partialSuccess.rejectedSpans = 2
        let bytes: [UInt8] = try answer.serializedBytes()
        let collector = ScriptedCollector([.accepted(answer: ByteBuffer(bytes: bytes))])
        let telemetry = try Self.telemetry(collector) { $0.signals = [.traces] }
        let tracer = Self.tracer(telemetry)
        try await Self.running(telemetry) {
            for _ in 0..<5 { tracer.begin("GET", under: nil)?.end() }
        }
        #expect(Self.counted(telemetry, "relay_telemetry_dropped_total") == 2)
        #expect(Self.counted(telemetry, "relay_telemetry_exported_total") == 3)
    }

    /// More and more is recorded, and nobody takes it: what it costs is what was allowed, and the end does not wait for longer than it may.
    @Test func aCollectorThatNeverAnswersCostsWhatIsAllowed() async throws {
        let collector = ScriptedCollector(delay: .seconds(60))
        let telemetry = try Self.telemetry(collector) {
            $0.signals = [.traces]
            $0.maxQueueBytes = 65_536
        }
        let start = ContinuousClock.now
        let tracer = Self.tracer(telemetry)
        try await Self.running(telemetry, within: .milliseconds(300)) {
            for _ in 0..<10_000 { tracer.begin("GET", under: nil)?.end() }
        }
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect(Self.counted(telemetry, "relay_telemetry_dropped_total") == 10_000)
        #expect(Self.counted(telemetry, "relay_telemetry_exported_total") == 0)
    }

    @Test func whatIsNotWantedIsNotKept() async throws {
        let collector = ScriptedCollector()
        let telemetry = try Self.telemetry(collector) { $0.signals = [.metrics] }
        try await Self.running(telemetry) { telemetry.add(Self.record("x")) }
        #expect(collector.records.isEmpty)
    }

    /// What the one collector is owed it gets, and the other gets the rest; nothing counts twice, or anew.
    @Test func theCollectorMayChange() async throws {
        let (first, second) = (ScriptedCollector(), ScriptedCollector())
        let collectors = ["http://first:4318": first, "http://second:4318": second]
        let counts = ExportTotals()
        let telemetry = Telemetry(clock: Self.clock) { settings in
            TelemetryExporter(
                settings,
                transport: try #require(collectors[settings.endpoint.description]),
                retries: Self.retries,
                counts: counts,
                began: 0,
                memory: MemoryLedger(),
                clock: Self.clock,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
        }
        func settings(_ url: String) throws -> TelemetrySettings {
            var settings = TelemetrySettings(endpoint: try #require(OTLPEndpoint(url)), instance: "test")
            settings.sampling = Sampling(ratio: 1, maxPerSecond: 1_000)
            settings.signals = [.traces, .logs]
            return settings
        }
        #expect(!telemetry.tracer.isOn && !telemetry.takesLogs && telemetry.collect().isEmpty)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await telemetry.run(exporting: PrometheusRegistry()) }
            telemetry.change(to: try telemetry.prepare(settings("http://first:4318")))
            telemetry.tracer.begin("GET", under: nil)?.end(as: "one")
            telemetry.add(Self.record("one"))
            let open = telemetry.tracer.begin("GET", under: nil)
            telemetry.change(to: try telemetry.prepare(settings("http://second:4318")))
            open?.end(as: "two")
            telemetry.add(Self.record("two"))
            while first.spans.isEmpty || first.records.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
            await telemetry.finish(within: .seconds(5))
            try await tasks.waitForAll()
        }
        #expect(first.spans.map(\.name) == ["one"] && second.spans.map(\.name) == ["two"])
        #expect(first.records.map(\.body.stringValue) == ["one"] && second.records.map(\.body.stringValue) == ["two"])
        let exported = telemetry.collect().filter { $0.name == "relay_telemetry_exported_total" }
        #expect(exported.reduce(0) { $0 + $1.value } == 4)
    }

    private static func counted(_ telemetry: TelemetryExporter, _ name: String) -> Double {
        telemetry.collect().filter { $0.name == name }.reduce(0) { $0 + $1.value }
    }
}

@Suite struct RetryRuleTests {
    @Test func pausesGrowToABound() {
        let rule = RetryRule()
        #expect(rule.pause(after: 1, asked: nil, chance: 1) == .seconds(1))
        #expect(rule.pause(after: 2, asked: nil, chance: 0) == .seconds(1))
        #expect(rule.pause(after: 4, asked: nil, chance: 1) == .seconds(8))
        #expect(rule.pause(after: 1_000, asked: nil, chance: 1) == .seconds(30))
        #expect(rule.pause(after: 1, asked: .seconds(100), chance: 0) == .seconds(100))
    }

    @Test(arguments: [("7", 7), ("0", 0), ("100000", 300)]) func readsRetryAfter(_ text: String, _ seconds: Int) {
        #expect(TransportLimits.pause(text) == .seconds(seconds))
    }

    @Test(arguments: ["-1", "soon", "", "Wed, 21 Oct 2026 07:28:00 GMT"]) func ignoresOtherRetryAfter(_ text: String) {
        #expect(TransportLimits.pause(text) == nil)
    }
}

@Suite struct OTLPEndpointTests {
    @Test func knowsWhereSignalsGo() throws {
        let endpoint = try #require(OTLPEndpoint("http://collector:4318/base/"))
        #expect(endpoint.url(of: .traces) == "http://collector:4318/base/v1/traces")
        #expect(OTLPEndpoint("https://[::1]")?.url(of: .logs) == "https://[::1]:443/v1/logs")
        #expect(!OTLPProtocol.auto.isGRPC(at: endpoint))
        #expect(OTLPProtocol.auto.isGRPC(at: try #require(OTLPEndpoint("http://jaeger:4317"))))
        #expect(OTLPProtocol.grpc.isGRPC(at: endpoint))
    }

    @Test(arguments: [
        "", "collector:4318", "ftp://collector", "http://", "http://user:password@collector", "http://collector/#x",
        "http://collector/?key=1", "http://collector:0", "http://collector:99999",
    ])
    func refusesWhatIsNone(_ text: String) {
        #expect(OTLPEndpoint(text) == nil)
    }
}

@Suite struct GRPCCallTests {
    @Test func framesMessages() {
        let message = ByteBuffer(string: "abc")
        #expect(Array(GRPCCall.framed(message).readableBytesView) == [0, 0, 0, 0, 3, 97, 98, 99])
        #expect(GRPCCall.message(in: GRPCCall.framed(message)) == message)
        #expect(GRPCCall.message(in: ByteBuffer(bytes: [1, 0, 0, 0, 1, 97])) == nil)
        #expect(GRPCCall.message(in: ByteBuffer(bytes: [0, 0, 0, 0, 9, 97])) == nil)
        #expect(GRPCCall.message(in: ByteBuffer()) == nil)
    }

    @Test func knowsWhatMaySucceedLater() {
        func outcome(_ status: String?, http: String? = "200", retries: Bool = false) -> ExportOutcome {
            OTLPGRPCTransport.outcome(.init(httpStatus: http, status: status, hasRetryInfo: retries))
        }
        #expect(outcome("0") == .accepted(answer: ByteBuffer()))
        for status in ["1", "4", "10", "11", "14", "15"] {
            guard case .later = outcome(status) else {
                Issue.record("\(status)")
                continue
            }
        }
        for status in ["3", "8", "12", "16", "garbage"] {
            guard case .refused = outcome(status) else {
                Issue.record("\(status)")
                continue
            }
        }
        guard case .later = outcome("8", retries: true), case .later = outcome(nil, http: "503"),
            case .refused = outcome(nil, http: "404"), case .refused = outcome(nil, http: nil)
        else {
            Issue.record("an outcome")
            return
        }
    }
}

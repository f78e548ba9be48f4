import Logging
import NIOCore
import RelayCore
import RelayMetrics
import RelayWire

/// Exports spans, metrics and log records to one collector, by settings that stay as they are.
final class TelemetryExporter: Sendable {
    let settings: TelemetrySettings
    private let resource: OTLPResource
    private let transport: any OTLPTransport
    private let clock: RelayClock
    /// Spans that wait.
    let spans: ExportQueue<FinishedSpan>
    private let records: ExportQueue<LogRecord>
    private let counts: [TelemetrySignal: ExportCounts]
    private let lines: [TelemetrySignal: ExportLine]
    private let began: UInt64
    private let stop: (stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation)
    private let stopped: (stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation)

    /// - Parameters:
    ///   - counts: what becomes of items, by what they are; also of those that went to other collectors before.
    ///   - began: when counters began to count, nanoseconds since 1970.
    ///   - memory: where what waits is charged.
    ///   - logger: told of trouble with the collector. What it is told must not be exported itself.
    init(
        _ settings: TelemetrySettings,
        transport: any OTLPTransport,
        retries: RetryRule = RetryRule(),
        counts all: ExportTotals,
        began: UInt64,
        memory: MemoryLedger,
        clock: RelayClock,
        logger: Logger
    ) {
        let counts = Dictionary(uniqueKeysWithValues: settings.signals.map { ($0, all[$0]) })
        self.settings = settings
        self.resource = OTLPResource(
            serviceName: settings.serviceName,
            version: RelayVersion.current,
            instance: settings.instance,
            attributes: settings.attributes
        )
        self.transport = transport
        self.clock = clock
        self.counts = counts
        self.spans = ExportQueue(
            maxBytes: settings.maxQueueBytes,
            memory: memory,
            uptime: clock.uptime,
            counts: all[.traces]
        )
        self.records = ExportQueue(
            maxBytes: settings.maxQueueBytes,
            memory: memory,
            uptime: clock.uptime,
            counts: all[.logs]
        )
        let lines = counts.map { signal, counts in
            ExportLine(
                signal,
                counts: counts,
                transport: transport,
                timeout: TimeAmount(settings.timeout),
                retries: retries,
                logger: logger
            )
        }
        self.lines = Dictionary(uniqueKeysWithValues: lines.map { ($0.signal, $0) })
        self.began = began
        self.stop = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.stopped = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Has a record exported, where records are.
    func add(_ record: LogRecord) {
        if self.settings.signals.contains(.logs) { self.records.add(record) }
    }

    /// Counts of what was exported, dropped and waits.
    func collect() -> [MetricSample] {
        let counts = TelemetrySignal.allCases.compactMap { self.counts[$0] }.flatMap(\.samples)
        return counts + [RelayMetric.telemetryWaiting.sample(self.spans.waiting + self.records.waiting)]
    }

    // MARK: Exporting

    /// Exports until ``finish(within:)``, or until its task is cancelled.
    ///
    /// - Parameter registry: whose metrics are exported.
    func run(exporting registry: PrometheusRegistry) async {
        await withTaskGroup(of: Void.self) { tasks in
            if let exporter = self.spanExporter { tasks.addTask { await exporter.run() } }
            if let exporter = self.recordExporter { tasks.addTask { await exporter.run() } }
            if let line = self.lines[.metrics] { tasks.addTask { await self.exportMetrics(registry, line) } }
            for await _ in self.stop.stream { break }
            tasks.cancelAll()
        }
        // Who is cancelled can send nothing.
        if !Task.isCancelled { await self.flush(registry) }
        await self.transport.close()
        self.stopped.continuation.finish()
    }

    /// Sends what waits, once, and ends ``run(exporting:)``, which must have been begun.
    ///
    /// - Parameter limit: for all of it together.
    func finish(within limit: Duration) async {
        let end = NIODeadline.now() + TimeAmount(limit)
        for line in self.lines.values { line.endBy(end) }
        self.stop.continuation.finish()
        for await _ in self.stopped.stream {}
    }

    private func flush(_ registry: PrometheusRegistry) async {
        await withTaskGroup(of: Void.self) { tasks in
            if let exporter = self.spanExporter { tasks.addTask { await exporter.flush() } }
            if let exporter = self.recordExporter { tasks.addTask { await exporter.flush() } }
            if let line = self.lines[.metrics] {
                tasks.addTask {
                    guard let (message, count) = self.metrics(registry) else { return }
                    if case .later = await line.sendLast(message, items: count) {
                        line.counts.dropped(count, .unreachable)
                    }
                }
            }
        }
    }

    private var spanExporter: SignalExporter<FinishedSpan>? {
        self.lines[.traces].map { line in
            SignalExporter(queue: self.spans, line: line) { [resource] in Self.encoded(resource.request($0)) }
        }
    }

    private var recordExporter: SignalExporter<LogRecord>? {
        self.lines[.logs].map { line in
            SignalExporter(queue: self.records, line: line) { [resource] in Self.encoded(resource.request($0)) }
        }
    }

    /// What a collector does not take this time is in what it gets the next: counters count from the beginning.
    private func exportMetrics(_ registry: PrometheusRegistry, _ line: ExportLine) async {
        while (try? await Task.sleep(for: self.settings.interval)) != nil {
            guard let (message, count) = self.metrics(registry) else { continue }
            if case .later = await line.send(message, items: count), !Task.isCancelled {
                line.counts.dropped(count, .unreachable)
            }
        }
    }

    private func metrics(_ registry: PrometheusRegistry) -> (message: ByteBuffer, count: Int)? {
        let readings = registry.readings()
        let now = UInt64(max(0, self.clock.now().microseconds)) * 1_000
        let request = self.resource.request(readings, since: min(self.began, now), at: now)
        return Self.encoded(request).map { ($0, readings.count) }
    }
}

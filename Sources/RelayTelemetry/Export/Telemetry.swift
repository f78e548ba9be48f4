public import Logging
public import NIOCore
import NIOSSL
public import RelayCore
public import RelayMetrics
import RelayWire
import Synchronization

/// Exports spans, metrics and log records to a collector, where there is one.
///
/// What produces them never waits for it: a collector that is slow, dead or wrong costs the memory that the settings allow, and what it
/// does not take is dropped and counted. The settings may change while it works: what waits for the one collector is sent to it once more,
/// and what comes from then on goes to the other.
///
/// Owner of the exporter in use: its lock.
public final class Telemetry: MetricCollector {
    /// Makes what exports by some settings.
    typealias Maker = @Sendable (TelemetrySettings) throws -> TelemetryExporter

    private struct State {
        /// Nil where nothing is exported.
        var exporter: TelemetryExporter?
        /// Those that have come since ``run(exporting:)`` has looked, nil for none, in their order.
        var next: [TelemetryExporter?] = []
        /// How long the last may take to send what waits.
        var patience = Telemetry.handover
    }

    /// For what waits for a collector that is not in use any more.
    static let handover = Duration.seconds(2)

    /// Begins spans. It is off where traces are not exported.
    public let tracer: Tracer
    private let make: Maker
    private let state = Mutex(State())
    private let takesRecords = Atomic(false)
    private let changes: (stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation)
    private let stopped: (stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation)

    /// - Parameters:
    ///   - memory: where what waits is charged.
    ///   - clock: the relay's.
    ///   - group: on whose loops the connections to the collector are.
    ///   - logger: told of trouble with the collector. What it is told must not be exported itself.
    public convenience init(
        memory: MemoryLedger,
        clock: RelayClock,
        on group: any EventLoopGroup,
        logger: Logger
    ) {
        let counts = ExportTotals()
        let began = UInt64(max(0, clock.now().microseconds)) * 1_000
        self.init(clock: clock) { settings in
            TelemetryExporter(
                settings,
                transport: try Self.transport(settings, on: group),
                counts: counts,
                began: began,
                memory: memory,
                clock: clock,
                logger: logger
            )
        }
    }

    init(clock: RelayClock, _ make: @escaping Maker) {
        self.tracer = Tracer(clock: clock, seed: .random(in: .min ... .max))
        self.make = make
        self.changes = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        self.stopped = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    private static func transport(
        _ settings: TelemetrySettings,
        on group: any EventLoopGroup
    ) throws -> any OTLPTransport {
        let (endpoint, headers) = (settings.endpoint, settings.headers)
        if let path = settings.authorities { _ = try NIOSSLCertificate.fromPEMFile(path) }
        guard settings.transport.isGRPC(at: endpoint) else {
            return OTLPHTTPTransport(endpoint, headers: headers, authorities: settings.authorities, on: group)
        }
        return try OTLPGRPCTransport(endpoint, headers: headers, authorities: settings.authorities, on: group)
    }

    // MARK: Settings

    /// Makes all that is needed for other settings. Waits for the file of the authorities; nothing is connected or exported yet.
    ///
    /// - Parameter settings: what is exported, and where to; nil for nothing.
    /// - Throws: where the file of the authorities is not good, or TLS can't be had.
    public func prepare(_ settings: TelemetrySettings?) throws -> PreparedTelemetry {
        PreparedTelemetry(exporter: try settings.map(self.make))
    }

    /// Exports by other settings from now on.
    ///
    /// - Parameter prepared: made by ``prepare(_:)`` of this one. To be used once.
    public func change(to prepared: PreparedTelemetry) {
        let exporter = prepared.exporter
        let signals = exporter?.settings.signals ?? []
        self.state.withLock { state in
            state.exporter = exporter
            state.next.append(exporter)
        }
        self.takesRecords.store(signals.contains(.logs), ordering: .relaxed)
        if let exporter, signals.contains(.traces) {
            self.tracer.record(exporter.settings.sampling, naming: exporter.settings.namesTopics, into: exporter.spans)
        } else {
            self.tracer.turnOff()
        }
        self.changes.continuation.yield()
    }

    /// Records other requests from now on, where any are. The collector stays the same.
    ///
    /// - Parameters:
    ///   - sampling: see ``TelemetrySettings/sampling``.
    ///   - namesTopics: see ``TelemetrySettings/namesTopics``.
    public func change(sampling: Sampling, namesTopics: Bool) {
        guard let exporter = self.exporter, exporter.settings.signals.contains(.traces) else { return }
        self.tracer.record(sampling, naming: namesTopics, into: exporter.spans)
    }

    private var exporter: TelemetryExporter? { self.state.withLock { $0.exporter } }

    // MARK: What is exported

    /// Whether log records are exported at this moment.
    public var takesLogs: Bool { self.takesRecords.load(ordering: .relaxed) }

    /// Has a record exported, where records are. From any thread; never waits.
    ///
    /// - Parameter record: redacted already.
    public func add(_ record: LogRecord) {
        if self.takesLogs { self.exporter?.add(record) }
    }

    /// Counts of what was exported, dropped and waits; nothing where nothing is exported.
    public func collect() -> [MetricSample] { self.exporter?.collect() ?? [] }

    // MARK: Exporting

    /// Exports until ``finish(within:)``, or until its task is cancelled.
    ///
    /// - Parameter registry: whose metrics are exported.
    public func run(exporting registry: PrometheusRegistry) async {
        await withDiscardingTaskGroup { tasks in
            var running: TelemetryExporter?
            for await _ in self.changes.stream {
                for exporter in self.takeNext() {
                    if let last = running { tasks.addTask { await last.finish(within: Self.handover) } }
                    running = exporter
                    if let exporter { tasks.addTask { await exporter.run(exporting: registry) } }
                }
            }
            await running?.finish(within: self.state.withLock { $0.patience })
        }
        self.stopped.continuation.finish()
    }

    private func takeNext() -> [TelemetryExporter?] {
        self.state.withLock { state in
            defer { state.next = [] }
            return state.next
        }
    }

    /// Sends what waits, once, and ends ``run(exporting:)``, which must have been begun.
    ///
    /// - Parameter limit: for all of it together.
    public func finish(within limit: Duration) async {
        self.state.withLock { $0.patience = limit }
        self.changes.continuation.finish()
        for await _ in self.stopped.stream {}
    }
}

/// What exports by some settings, made and not in use yet.
public struct PreparedTelemetry: Sendable {
    /// Nil where nothing is to be exported.
    let exporter: TelemetryExporter?
}

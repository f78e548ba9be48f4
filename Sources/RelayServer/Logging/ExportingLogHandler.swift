import Logging
import RelayTelemetry
import RelayWire

/// Writes each event where another handler does, and has it exported.
struct ExportingLogHandler: LogHandler {
    private var inner: any LogHandler
    private let target: String
    private let telemetry: Telemetry
    private let now: @Sendable () -> Timestamp

    init(_ inner: any LogHandler, target: String, to telemetry: Telemetry, now: @escaping @Sendable () -> Timestamp) {
        self.inner = inner
        self.target = target
        self.telemetry = telemetry
        self.now = now
    }

    var metadata: Logger.Metadata {
        get { self.inner.metadata }
        set { self.inner.metadata = newValue }
    }

    var metadataProvider: Logger.MetadataProvider? {
        get { self.inner.metadataProvider }
        set { self.inner.metadataProvider = newValue }
    }

    var logLevel: Logger.Level {
        get { self.inner.logLevel }
        set { self.inner.logLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.inner[metadataKey: key] }
        set { self.inner[metadataKey: key] = newValue }
    }

    func log(event: LogEvent) {
        self.inner.log(event: event)
        guard self.telemetry.takesLogs else { return }
        let metadata = LineLogHandler.metadata(of: event, self.metadata, self.metadataProvider)
        let line = LogLine(time: self.now(), label: self.target, event: event, metadata: metadata)
        self.telemetry.add(LogRecord(line))
    }
}

extension LogRecord {
    /// What a line says, redacted as it is.
    init(_ line: LogLine) {
        self.init(
            time: line.time,
            severity: Severity(line.level),
            level: line.level.rawValue,
            target: line.label,
            message: line.message,
            attributes: line.metadata.filter { ![LogField.trace, LogField.span].contains($0.key) }
                .map { Attribute($0.key, .text(LogLine.flat($0.value))) },
            context: line.traceContext
        )
    }
}

extension LogRecord.Severity {
    init(_ level: Logger.Level) {
        self =
            switch level {
            case .trace: .trace
            case .debug: .debug
            case .info: .info
            case .notice: .notice
            case .warning: .warning
            case .error: .error
            case .critical: .critical
            }
    }
}

extension LogLine {
    /// The span that it is about; nil where it names none.
    fileprivate var traceContext: TraceContext? {
        func text(_ key: String) -> String? { self.metadata.first { $0.key == key }.map { Self.flat($0.value) } }
        guard let trace = text(LogField.trace), let span = text(LogField.span) else { return nil }
        return TraceContext(traceparent: "00-\(trace)-\(span)-00")
    }
}

extension Telemetry {
    /// A logger whose lines are exported besides, while log lines are.
    func exporting(_ logger: Logger, now: @escaping @Sendable () -> Timestamp) -> Logger {
        var exporting = logger
        exporting.handler = ExportingLogHandler(logger.handler, target: logger.label, to: self, now: now)
        return exporting
    }
}

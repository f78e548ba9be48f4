public import Logging
public import RelayWire

/// Writes each event as one line, JSON or text, to a ``LogSink``.
public struct LineLogHandler: LogHandler {
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?
    public var logLevel: Logger.Level

    private let label: String
    private let format: RelayConfiguration.LogFormat
    private let sink: any LogSink
    private let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - sink: must not wait for a slow reader: events are logged on event loops.
    ///   - now: the time that lines carry.
    public init(
        label: String,
        settings: RelayConfiguration.Logging,
        sink: any LogSink,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.label = label
        self.logLevel = settings.level
        self.format = settings.format
        self.sink = sink
        self.now = now
    }

    /// The line that says how many lines were dropped, for a ``BufferedSink``.
    public static func droppedLines(
        _ count: Int,
        label: String,
        settings: RelayConfiguration.Logging,
        now: Timestamp
    ) -> String {
        LogLine(
            time: now,
            level: .warning,
            label: label,
            message: "log lines were dropped, since whoever reads the log did not keep up",
            metadata: [(key: "lines", value: "\(count)")]
        ).render(settings.format)
    }

    public func log(event: LogEvent) {
        var metadata = self.metadata
        if let provided = self.metadataProvider?.get() { metadata.merge(provided) { _, new in new } }
        if let own = event.metadata { metadata.merge(own) { _, new in new } }
        if let error = event.error { metadata["error"] = .string("\(error)") }
        let line = LogLine(time: self.now(), label: self.label, event: event, metadata: metadata)
        self.sink.write(line.render(self.format))
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }
}

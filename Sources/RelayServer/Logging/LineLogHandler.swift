public import Logging
public import RelayWire

/// Writes each event as one line, JSON or text, to a ``LogSink``.
public struct LineLogHandler: LogHandler {
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?
    /// The one that all lines have in common, unless this handler was given its own.
    public var logLevel: Logger.Level {
        get { self.ownLevel ?? self.rules.level }
        set { self.ownLevel = newValue }
    }

    private var ownLevel: Logger.Level?
    private let rules: LogRules
    private let label: String
    private let sink: any LogSink
    private let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - rules: may change while the relay runs.
    ///   - sink: must not wait for a slow reader: events are logged on event loops.
    ///   - now: the time that lines carry.
    public init(
        label: String,
        rules: LogRules,
        sink: any LogSink,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.label = label
        self.rules = rules
        self.sink = sink
        self.now = now
    }

    /// The line that says how many lines were dropped, for a ``BufferedSink``.
    public static func droppedLines(
        _ count: Int,
        label: String,
        format: RelayConfiguration.LogFormat,
        now: Timestamp
    ) -> String {
        LogLine(
            time: now,
            level: .warning,
            label: label,
            message: "log lines were dropped, since whoever reads the log did not keep up",
            metadata: [(key: "lines", value: "\(count)")]
        ).render(format)
    }

    public func log(event: LogEvent) {
        let metadata = Self.metadata(of: event, self.metadata, self.metadataProvider)
        let line = LogLine(time: self.now(), label: self.label, event: event, metadata: metadata)
        self.sink.write(line.render(self.rules.format))
    }

    /// Everything that an event says beside its message: its own before the handler's.
    static func metadata(
        of event: LogEvent,
        _ handler: Logger.Metadata,
        _ provider: Logger.MetadataProvider?
    ) -> Logger.Metadata {
        var metadata = handler
        if let provided = provider?.get() { metadata.merge(provided) { _, new in new } }
        if let own = event.metadata { metadata.merge(own) { _, new in new } }
        if let error = event.error { metadata["error"] = .string("\(error)") }
        return metadata
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }
}

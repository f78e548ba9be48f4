public import RelayWire

/// A line of the log, as it is exported: redacted already.
public struct LogRecord: Sendable {
    /// How bad it is, in OpenTelemetry's numbers.
    public enum Severity: Int, Sendable {
        case trace = 1
        case debug = 5
        case info = 9
        case notice = 10
        case warning = 13
        case error = 17
        case critical = 21
    }

    let time: Timestamp
    let severity: Severity
    /// As the log's lines call it.
    let level: String
    /// Which part says so.
    let target: String
    let message: String
    let attributes: [Attribute]
    /// What it is about; nil where that is not recorded.
    let context: TraceContext?

    /// A longer message is cut, as it is in the log's lines.
    static let maxMessageBytes = 8_192

    /// - Parameters:
    ///   - time: when it was said, UTC.
    ///   - severity: how bad it is.
    ///   - level: the same in a word.
    ///   - target: which part says so.
    ///   - message: what it says.
    ///   - attributes: what else it says, without secrets.
    ///   - context: the span that it is about; nil for none.
    public init(
        time: Timestamp,
        severity: Severity,
        level: String,
        target: String,
        message: String,
        attributes: [Attribute],
        context: TraceContext?
    ) {
        self.time = time
        self.severity = severity
        self.level = level
        self.target = target
        self.message = message.cut(to: Self.maxMessageBytes)
        self.attributes = attributes
        self.context = context
    }
}

extension LogRecord: QueuedItem {
    var cost: Int { self.attributes.reduce(256 + self.message.utf8.count + self.target.utf8.count) { $0 + $1.cost } }
}

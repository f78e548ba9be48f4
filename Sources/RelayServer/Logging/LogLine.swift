import Logging
import RelayWire

/// One log event as one line of text. Pure; nothing in an event can break the line or forge another.
struct LogLine {
    /// UTC.
    let time: Timestamp
    let level: Logger.Level
    let label: String
    let message: String
    /// Already redacted, sorted by key.
    let metadata: [(key: String, value: Logger.MetadataValue)]

    /// A text longer than this many UTF-8 bytes is cut.
    static let maxTextLength = 8_192

    init(
        time: Timestamp,
        level: Logger.Level,
        label: String,
        message: String,
        metadata: [(key: String, value: Logger.MetadataValue)]
    ) {
        self.time = time
        self.level = level
        self.label = label
        self.message = message
        self.metadata = metadata
    }

    init(time: Timestamp, label: String, event: LogEvent, metadata: Logger.Metadata) {
        self.init(
            time: time,
            level: event.level,
            label: label,
            message: event.message.description,
            metadata: LogRedaction.redact(metadata).sorted { $0.key < $1.key }
        )
    }

    func render(_ format: RelayConfiguration.LogFormat) -> String {
        switch format {
        case .text: self.text
        case .json: self.json
        }
    }

    private var text: String {
        let level = self.level.rawValue.uppercased()
        let padding = String(repeating: " ", count: max(0, 8 - level.count))
        var line = "\(self.time) \(level)\(padding) \(self.label): \(LogText.plain(self.message))"
        for (key, value) in self.metadata {
            line += " \(LogText.word(key))=\(LogText.word(Self.flat(value)))"
        }
        return line + "\n"
    }

    private var json: String {
        var line = "{\"timestamp\":\"\(self.time)\",\"level\":\"\(self.level.rawValue)\""
        line += ",\"target\":\(LogText.quoted(self.label)),\"message\":\(LogText.quoted(self.message))"
        for name in LogField.all {
            guard let value = self.metadata.first(where: { $0.key == name })?.value else { continue }
            line += ",\"\(name)\":\(LogText.quoted(Self.flat(value)))"
        }
        let others = self.metadata.filter { !LogField.all.contains($0.key) }
        if !others.isEmpty {
            line += ",\"metadata\":{"
            line += others.map { "\(LogText.quoted($0.key)):\(Self.json($0.value))" }.joined(separator: ",")
            line += "}"
        }
        return line + "}\n"
    }

    /// As one text.
    static func flat(_ value: Logger.MetadataValue) -> String {
        switch value {
        case .string(let text): text
        case .stringConvertible(let value): value.description
        case .array, .dictionary: self.json(value)
        }
    }

    private static func json(_ value: Logger.MetadataValue) -> String {
        switch value {
        case .string(let text):
            return LogText.quoted(text)
        case .stringConvertible(let value):
            return LogText.quoted(value.description)
        case .array(let values):
            return "[\(values.map(self.json).joined(separator: ","))]"
        case .dictionary(let values):
            let pairs = values.sorted { $0.key < $1.key }.map { "\(LogText.quoted($0.key)):\(self.json($0.value))" }
            return "{\(pairs.joined(separator: ","))}"
        }
    }
}

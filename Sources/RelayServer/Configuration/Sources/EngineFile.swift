/// The configuration file of the Pulse engine. Some of its keys have the name of one of the relay's own and mean something else: its `port` is
/// where Pulse is spoken. The relay's own keys may stand in it, too.
struct EngineFile {
    private static let name = "pulse.toml"
    /// Where the engine looks for it, in this order. Then it looks in ``path(inHome:)``.
    static let standardPaths = ["./\(Self.name)", "/etc/pulse/\(Self.name)"]
    /// Groups that no other file has.
    private static let groups = ["transport.", "heartbeat."]
    /// Where the engine has its metrics unless its file names another port.
    private static let metricsPort = "9090"

    private let reading: SourceReading

    static func path(inHome home: String) -> String { "\(home)/.config/pulse/\(Self.name)" }

    /// - Returns: nil where neither the file's name nor its keys say that it is the engine's.
    init?(_ reading: SourceReading, path: String) {
        let isNamed = path.split(separator: "/").last?.lowercased() == Self.name
        let isTold = reading.entries.contains { entry in Self.groups.contains { entry.spelling.hasPrefix($0) } }
        guard isNamed || isTold else { return nil }
        self.reading = reading
    }

    /// What the file says, by the relay's keys. What the relay has no key for stays as it is.
    func read() -> SourceReading {
        let hasMetrics = self.reading.entries.last { $0.spelling == "metrics.enabled" }?.value.flatMap(Self.flag)
        var reading = self.reading
        reading.entries = self.reading.entries.flatMap { self.translated($0, hasMetrics: hasMetrics) }
        return reading
    }

    private func translated(_ entry: SourceEntry, hasMetrics: Bool?) -> [SourceEntry] {
        switch entry.spelling {
        case "metrics.enabled": self.metrics(entry, areOn: hasMetrics)
        case "metrics.port" where hasMetrics == false: []
        default: [Self.renamed(entry)]
        }
    }

    private static func renamed(_ entry: SourceEntry) -> SourceEntry {
        switch entry.spelling {
        case "host", "server.host": entry.meaning("pulse_host")
        case "port", "server.port": entry.meaning("pulse_port")
        case "limits.max_message_size": entry.meaning("pulse_max_message_bytes")
        case "heartbeat.interval", "heartbeat.interval_ms": entry.meaning("pulse_heartbeat_seconds", Self.milliseconds)
        case "heartbeat.timeout", "heartbeat.timeout_ms": entry.meaning("pulse_timeout_seconds", Self.milliseconds)
        case "logging.level": entry.meaning("log_level") { ForeignVariable.level($0) ?? $0 }
        case "logging.format": entry.meaning("log_format") { Self.formats.contains($0) ? "text" : $0 }
        default: entry
        }
    }

    /// The engine's formats of a log for people.
    private static let formats: Set<String> = ["pretty", "compact", "full"]

    private static func milliseconds(_ text: String) -> String { text.allSatisfy(\.isWholeNumber) ? "\(text)ms" : text }

    private static func flag(_ value: ConfigurationValue) -> Bool? { try? ValueFormat.boolean.read(value) }

    /// What `metrics.enabled` comes to: the port, where the file names none.
    ///
    /// - Parameter areOn: nil where the value is neither true nor false. The entry then stays, to be refused.
    private func metrics(_ entry: SourceEntry, areOn: Bool?) -> [SourceEntry] {
        guard let areOn else { return [entry] }
        guard areOn, !self.reading.entries.contains(where: { $0.spelling == "metrics.port" }) else { return [] }
        return [SourceEntry(spelling: "prometheus_port", value: .text(Self.metricsPort), place: entry.place)]
    }
}

extension SourceEntry {
    /// The same value, for another key.
    ///
    /// - Parameter read: what the key's own text for it is.
    fileprivate func meaning(_ key: String, _ read: (String) -> String = { $0 }) -> SourceEntry {
        guard case .text(let text) = self.value else {
            return SourceEntry(spelling: key, value: self.value, place: self.place)
        }
        return SourceEntry(spelling: key, value: .text(read(text)), place: self.place)
    }
}

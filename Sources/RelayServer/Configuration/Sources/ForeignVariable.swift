/// A variable by which a system that the relay replaces was configured, and which does not begin with `PULSAR_`. Other programs may mean
/// something by it, so it is weaker than all that is said to the relay itself, the file included, and the log has a line about it.
struct ForeignVariable: Sendable {
    let name: String
    /// The key that it sets; nil where it has no effect.
    let key: String?
    /// What it sets the key to; nil where that can't be told.
    let read: @Sendable (String) -> String?
    /// Why it has no effect, where it has none.
    let reason: String
    /// Whether it is the Pulse engine's: then it is stronger than the engine's file.
    var isOfEngine: Bool { self.name.hasPrefix("PULSE_") }

    private init(
        _ name: String,
        sets key: String?,
        orElse reason: String = "",
        _ read: @escaping @Sendable (String) -> String? = { $0 }
    ) {
        self.name = name
        self.key = key
        self.read = read
        self.reason = reason
    }

    static let all: [ForeignVariable] = [
        // Zeal's server, and hosts of containers.
        ForeignVariable("PORT", sets: "port", orElse: "it is no port: set PULSAR_PORT") { Int($0) == nil ? nil : $0 },
        // Some shells put the machine's name there.
        ForeignVariable("HOST", sets: "host", orElse: "it is no address: set PULSAR_HOST") {
            IPNetwork.bytes(of: $0) == nil && $0 != "localhost" ? nil : $0
        },
        ForeignVariable("RUST_LOG", sets: "log_level", orElse: "it names no level for all: set PULSAR_LOG_LEVEL") {
            Self.level($0)
        },
        ForeignVariable("REDIS_URL", sets: nil, orElse: "set storage_backend to valkey, and valkey_host"),
        ForeignVariable("DISABLE_REDIS_PERSISTENCE", sets: nil, orElse: "storage_backend says where data is kept"),
        // The Pulse engine.
        ForeignVariable("PULSE_HOST", sets: "pulse_host"),
        ForeignVariable("PULSE_PORT", sets: "pulse_port"),
        ForeignVariable("PULSE_SERVER_HOST", sets: "pulse_host"),
        ForeignVariable("PULSE_SERVER_PORT", sets: "pulse_port"),
        ForeignVariable("PULSE_LIMITS_MAX_CONNECTIONS", sets: "max_connections"),
        ForeignVariable("PULSE_LOGGING_LEVEL", sets: "log_level") { Self.level($0) ?? $0 },
        ForeignVariable("PULSE_PROFILE", sets: nil, orElse: "the relay has one way to run"),
    ]

    /// Of directives like `warn,relay=debug`: that without a target, which is for all. `off` is the least that the relay can say.
    static func level(_ directives: String) -> String? {
        let all = directives.split(separator: ",").last { !$0.contains("=") }
        switch all?.lowercased() {
        case "off": return "critical"
        case "warn": return "warning"
        case let level? where ["trace", "debug", "info", "error"].contains(level): return level
        default: return nil
        }
    }
}

extension SourceReading {
    /// What systems that the relay replaces would have read.
    ///
    /// - Parameter isWanted: whether a variable is looked at.
    static func foreign(
        _ variables: [String: String],
        where isWanted: (ForeignVariable) -> Bool = { _ in true }
    ) -> SourceReading {
        var reading = SourceReading()
        for variable in ForeignVariable.all where isWanted(variable) {
            guard let text = variables[variable.name], !text.isEmpty else { continue }
            let place = "environment \(variable.name)"
            if let key = variable.key, let value = variable.read(text) {
                reading.entries.append(SourceEntry(spelling: key, value: .text(value), place: place))
            } else {
                reading.problems.append(
                    ConfigurationProblem(.warning, key: variable.name, "has no effect: \(variable.reason)")
                )
            }
        }
        return reading
    }
}

/// Which source set a value, and where in it.
public struct ValueOrigin: Hashable, Sendable {
    /// The strongest of those that set it.
    public let source: ValueSource
    /// For people: `environment PULSAR_PORT`, `./config.yaml line 3`.
    public let place: String
}

/// A checked configuration, and where each part of it came from.
public struct EffectiveConfiguration: Sendable {
    /// What the relay goes by.
    public let configuration: RelayConfiguration
    /// The configuration file that was read, if any.
    public let file: String?
    /// Flat name to origin, for the keys that are not at their default by default.
    public let origins: [String: ValueOrigin]
    /// Flat name to the places whose values another source's have overridden, strongest first.
    let overridden: [String: [ValueOrigin]]
    /// For the log. Never contain a secret.
    public let warnings: [ConfigurationProblem]

    init(
        configuration: RelayConfiguration,
        file: String?,
        origins: [String: ValueOrigin],
        overridden: [String: [ValueOrigin]] = [:],
        warnings: [ConfigurationProblem]
    ) {
        self.configuration = configuration
        self.file = file
        self.origins = origins
        self.overridden = overridden
        self.warnings = warnings
    }

    /// The whole configuration as YAML with the origin of each value behind it, secrets masked.
    public func render() -> String {
        let head = self.file.map { "# configuration file: \($0)\n" } ?? "# no configuration file\n"
        return ConfigurationKey.all(in: self.configuration).reduce(into: head) { text, key in
            let origin = self.origins[key.name]?.place ?? ValueSource.default.rawValue
            let line = YAMLText.line(key.name, self.shown(key))
            let padding = String(repeating: " ", count: max(1, 48 - line.count))
            text += "\(line)\(padding)# \(origin)\n"
        }
    }

    /// Of each key that something sets: what it is, where that is from, what it overrides, and whether it changes while the relay runs.
    public func explain() -> String {
        let head = self.file.map { "configuration file: \($0)" } ?? "no configuration file"
        let set = ConfigurationKey.all(in: self.configuration).filter { self.origins[$0.name] != nil }
        let entries = set.map { key in
            var lines = [YAMLText.line(key.name, self.shown(key)), "  from \(self.origins[key.name]?.place ?? "")"]
            let overridden = (self.overridden[key.name] ?? []).map(\.place)
            if !overridden.isEmpty { lines.append("  overrides \(overridden.joined(separator: ", then "))") }
            let value = YAMLText.line(key.name, key.read(RelayConfiguration())).dropFirst(key.name.count + 2)
            lines.append("  default \(value.isEmpty ? "not set" : String(value))")
            lines.append(key.reloads ? "  changes while the relay runs" : "  changes with a restart")
            return lines.joined(separator: "\n")
        }
        return ([head] + entries).joined(separator: "\n\n")
    }

    private func shown(_ key: ConfigurationKey) -> ConfigurationValue? {
        let value = key.read(self.configuration)
        return key.isSecret && value?.isEmpty == false ? .text(Secret.mask) : value
    }
}

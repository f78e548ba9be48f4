/// Which source set a value, and where in it.
public struct ValueOrigin: Hashable, Sendable {
    public let source: ValueSource
    /// For people: `environment PULSAR_PORT`, `./config.yaml line 3`.
    public let place: String
}

/// A checked configuration, and where each part of it came from.
public struct EffectiveConfiguration: Sendable {
    public let configuration: RelayConfiguration
    /// The configuration file that was read, if any.
    public let file: String?
    /// Flat name to origin, for the keys that are not at their default by default.
    public let origins: [String: ValueOrigin]
    /// For the log. Never contain a secret.
    public let warnings: [ConfigurationProblem]

    /// The whole configuration as YAML with the origin of each value behind it, secrets masked.
    public func render() -> String {
        let head = self.file.map { "# configuration file: \($0)\n" } ?? "# no configuration file\n"
        return ConfigurationKey.all.reduce(into: head) { text, key in
            let origin = self.origins[key.name]?.place ?? ValueSource.default.rawValue
            let line = YAMLText.line(key.name, self.shown(key))
            let padding = String(repeating: " ", count: max(1, 48 - line.count))
            text += "\(line)\(padding)# \(origin)\n"
        }
    }

    private func shown(_ key: ConfigurationKey) -> ConfigurationValue? {
        let value = key.read(self.configuration)
        return key.isSecret && value != nil ? .text(Secret.mask) : value
    }
}

/// Where a value came from, strongest first.
public enum ValueSource: String, Hashable, Sendable, CaseIterable {
    case flag
    case environment
    case dotEnvironment = ".env"
    case file
    /// A variable of a system that the relay replaces, see ``ForeignVariable``.
    case foreign = "environment of another system"
    case `default`
}

/// One value as a source wrote it, before anyone knows whether its key exists.
struct SourceEntry: Hashable, Sendable {
    /// In lower case, with dots between the parts of a nested key.
    let spelling: String
    /// nil where the source names the key and gives it no value.
    let value: ConfigurationValue?
    /// For people: `environment PULSAR_PORT`.
    let place: String
}

/// What a source gave, and what of it could not be read.
struct SourceReading: Sendable {
    var entries: [SourceEntry] = []
    var problems: [ConfigurationProblem] = []
}

import Configuration

/// Where a value came from, strongest first.
public enum ValueSource: String, Hashable, Sendable, CaseIterable {
    case flag
    case environment
    case dotEnvironment = ".env"
    case file
    case `default`
}

/// One value as a source wrote it, before anyone knows whether its key exists.
struct SourceEntry: Hashable, Sendable {
    /// In lower case, with dots between the parts of a nested key.
    let spelling: String
    /// A text or a list of texts; nil where the source says explicitly that the key has no value.
    let content: ConfigContent?
    /// For people: `environment PULSAR_PORT`.
    let place: String
}

/// What a source gave, and what of it could not be read.
struct SourceReading: Sendable {
    var entries: [SourceEntry] = []
    var problems: [ConfigurationProblem] = []
}

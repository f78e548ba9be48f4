/// Something in the configuration that stops the relay, or that its operator should know.
public struct ConfigurationProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// What follows from a problem.
    public enum Severity: Hashable, Sendable {
        /// The relay does not start.
        case error
        case warning
    }

    /// What follows from it.
    public let severity: Severity
    /// The key as it was written; nil where the problem is with a file as a whole.
    public let key: String?
    /// What is wrong and what would be right. Never contains a secret.
    public let message: String
    /// Where it was written: `environment PULSAR_PORT`, `config.yaml line 3`. nil for what follows from several keys.
    public let place: String?

    public init(_ severity: Severity = .error, key: String?, _ message: String, place: String? = nil) {
        self.severity = severity
        self.key = key
        self.message = message
        self.place = place
    }

    /// One line: the key, what is wrong, and where it was written.
    public var description: String {
        let subject = self.key.map { "\($0): " } ?? ""
        let place = self.place.map { " (\($0))" } ?? ""
        return subject + self.message + place
    }
}

/// All that is wrong with a configuration, at once.
public struct ConfigurationFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Not empty; errors only.
    public let problems: [ConfigurationProblem]

    public init(problems: [ConfigurationProblem]) {
        self.problems = problems
    }

    /// One problem a line.
    public var description: String { self.problems.map(\.description).joined(separator: "\n") }
}

public import Logging

extension RelayConfiguration {
    /// What is logged, and how it looks. It goes to standard error.
    public struct Logging: Hashable, Sendable {
        /// Default `info`.
        public var level = Logger.Level.info
        /// Default `text`.
        public var format = LogFormat.text

        public init() {}
    }

    /// How a line of the log is written.
    public enum LogFormat: String, Hashable, Sendable, CaseIterable {
        /// For people: time, level, message, then `key=value`.
        case text
        /// For machines: one JSON object a line.
        case json
    }

    /// What `/metrics` shows beyond the totals.
    public struct Metrics: Hashable, Sendable {
        /// Whether series carry a `topic` label, which shows topic names and owners to everyone who can read `/metrics`.
        /// Default false.
        public var perTopic = false
        /// Topics with series of their own; the rest share those with the label `other`. Default 1,000.
        public var maxTopics = 1_000

        public init() {}
    }
}

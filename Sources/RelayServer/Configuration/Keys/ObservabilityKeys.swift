public import Logging

extension RelayConfiguration {
    /// What is logged, and how it looks. It goes to standard error.
    public struct Logging: Hashable, Sendable {
        @Setting(
            "log_level",
            .logLevel,
            "Least severe level that is written: trace, debug, info, notice, warning, error, critical.",
            reloads: true
        )
        public var level = Logger.Level.info

        @Setting("log_format", .choice, "text for people, json for machines.", reloads: true)
        public var format = LogFormat.text

        static let keys = ConfigurationKey.keys("logging", prefixes: ["log_"], at: \.logging, \.$level, \.$format)

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
        @Setting(
            "metrics_per_topic",
            .boolean,
            "Label series with the topic; without metrics_token this shows topic names and owners to anyone."
        )
        public var perTopic = false

        /// The rest share the series with the label `other`.
        @Setting(
            "metrics_max_topics",
            .integer(1...100_000),
            "Topics with series of their own; the rest are counted together."
        )
        public var maxTopics = 1_000

        /// nil, the default: there is no such port. `/metrics` is on the relay's own port in any case.
        @Setting(
            "prometheus_port",
            ValueFormat.integer(1...65_535).optional,
            "Further port, of the same address, that has /metrics and /metrics/json alone. Not set: none."
        )
        public var port: Int? = nil

        /// With the relay's certificate: it has to have one.
        @Setting(
            "prometheus_tls",
            .boolean,
            "Whether prometheus_port speaks TLS, as the relay's own port does where it has a certificate."
        )
        public var usesTLS = false

        /// nil, the default: whoever reaches the port may read them.
        @Setting(
            "metrics_token",
            ValueFormat.secret(minimumLength: 16).optional,
            "Whoever asks for /metrics has to show it (Authorization: Bearer), on every port. Not set: nobody has to.",
            reloads: true
        )
        public var token: Secret? = nil

        static let keys = ConfigurationKey.keys(
            "metrics",
            prefixes: ["metrics_", "prometheus_"],
            at: \.metrics,
            \.$perTopic,
            \.$maxTopics,
            \.$port,
            \.$usesTLS,
            \.$token
        )

        public init() {}
    }
}

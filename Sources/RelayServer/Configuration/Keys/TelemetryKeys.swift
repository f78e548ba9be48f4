public import RelayTelemetry

extension RelayConfiguration {
    /// What is exported by OpenTelemetry's protocol, and to whom.
    public struct Telemetry: Hashable, Sendable {
        /// nil, the default: nothing is.
        @Setting(
            "otlp_endpoint",
            ValueFormat.otlpEndpoint.optional,
            "Collector to which traces, metrics and logs go, like http://collector:4318. Not set: none.",
            reloads: true
        )
        public var endpoint: OTLPEndpoint? = nil

        @Setting(
            "otlp_protocol",
            .choice,
            "How the collector is spoken to: grpc, http (binary), or auto, which is grpc on port 4317 alone.",
            reloads: true
        )
        public var transport = OTLPProtocol.auto

        @Setting("otlp_headers", .otlpHeaders, "Headers that the collector wants to see, like a key.", reloads: true)
        public var headers: [OTLPHeader] = []

        /// nil, the default: the machine's.
        @Setting(
            "otlp_ca_path",
            ValueFormat.text(length: 1...4_096).optional,
            "PEM file with who may have signed the collector's certificate. Not set: the machine's.",
            reloads: true
        )
        public var authorities: String? = nil

        @Setting("otlp_signals", .telemetrySignals, "What is exported: traces, metrics, logs.", reloads: true)
        public var signals = TelemetrySignal.allCases

        @Setting(
            "otlp_service_name",
            .text(length: 1...255),
            "What the relay is called there (service.name).",
            reloads: true
        )
        public var serviceName = "pulsar-relay"

        @Setting(
            "otlp_resource_attributes",
            .resourceAttributes,
            "What else is said of this relay there.",
            reloads: true
        )
        public var attributes: [ResourceAttribute] = []

        @Setting(
            "otlp_interval",
            .duration(.seconds(1)...(.seconds(3_600))),
            "How often metrics are exported.",
            reloads: true
        )
        public var interval = Duration.seconds(15)

        @Setting(
            "otlp_timeout",
            .duration(.milliseconds(100)...(.seconds(60))),
            "For which one request to the collector may take.",
            reloads: true
        )
        public var timeout = Duration.seconds(10)

        @Setting(
            "otlp_max_queue_bytes",
            .bytes(65_536...(1 << 30)),
            "Bytes of spans that wait for the collector, and of log records as many. Then the oldest are dropped.",
            reloads: true
        )
        public var maxQueueBytes = 4 << 20

        @Setting(
            "trace_sample_ratio",
            .ratio,
            "Share of requests without a traceparent that are traced. Those with one are as it says.",
            reloads: true
        )
        public var sampleRatio = 0.01

        @Setting(
            "trace_max_per_second",
            .integer(1...1_000_000),
            "Traces that begin here each second at most, those that clients ask for included.",
            reloads: true
        )
        public var maxPerSecond = 1_000

        @Setting("trace_topic_names", .boolean, "Spans say which topic they are about.", reloads: true)
        public var namesTopics = false

        @Setting(
            "trace_in_messages",
            .boolean,
            "A message that belongs to a trace tells its readers, as traceparent in its metadata.",
            reloads: true
        )
        public var carriesTraces = true

        static let keys = ConfigurationKey.keys(
            "telemetry",
            prefixes: ["otlp_"],
            at: \.telemetry,
            \.$endpoint,
            \.$transport,
            \.$headers,
            \.$authorities,
            \.$signals,
            \.$serviceName,
            \.$attributes,
            \.$interval,
            \.$timeout,
            \.$maxQueueBytes,
            \.$sampleRatio,
            \.$maxPerSecond,
            \.$namesTopics,
            \.$carriesTraces
        )

        public init() {}
    }
}

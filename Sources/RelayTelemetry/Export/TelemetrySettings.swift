/// What is exported, to whom, and how much of it.
public struct TelemetrySettings: Sendable {
    /// Where the collector listens.
    public var endpoint: OTLPEndpoint
    /// How it is spoken to; default `auto`.
    public var transport = OTLPProtocol.auto
    /// What the collector wants to see in each request besides, names and values.
    public var headers: [(String, String)] = []
    /// A PEM file with who may have signed its certificate; nil, the default, for the machine's.
    public var authorities: String?
    /// What is exported; default all.
    public var signals = Set(TelemetrySignal.allCases)
    /// `service.name`; default `pulsar-relay`.
    public var serviceName = "pulsar-relay"
    /// `service.instance.id`: this process.
    public var instance: String
    /// What else the operator says of this relay.
    public var attributes: [(name: String, value: String)] = []
    /// Which requests are recorded; default one of a hundred that come without a trace, at most 1,000 a second.
    public var sampling = Sampling(ratio: 0.01, maxPerSecond: 1_000)
    /// Whether spans say which topics and sessions they are about; default false.
    public var namesTopics = false
    /// How often metrics are sent; default 15 s.
    public var interval = Duration.seconds(15)
    /// For one request to the collector; default 10 s.
    public var timeout = Duration.seconds(10)
    /// What waits at most of each signal, bytes; default 4 MiB.
    public var maxQueueBytes = 4 << 20

    /// - Parameters:
    ///   - endpoint: where the collector listens.
    ///   - instance: tells this process from others of the same service.
    public init(endpoint: OTLPEndpoint, instance: String) {
        self.endpoint = endpoint
        self.instance = instance
    }
}

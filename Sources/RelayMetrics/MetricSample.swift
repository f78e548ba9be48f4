/// A metric as it stands at one moment: what collectors give and what is written out.
public struct MetricSample: Sendable {
    public let name: String
    public let kind: MetricKind
    public let help: String?
    /// Of one series without labels.
    public let value: Double

    /// - Parameter name: must be a legal metric name.
    public init(name: String, kind: MetricKind, help: String?, value: Double) {
        self.name = name
        self.kind = kind
        self.help = help
        self.value = value
    }
}

/// Measures something at the moment at which it is asked, rather than all the time.
public protocol MetricCollector: Sendable {
    /// Called once for each exposition, on the caller's thread. What can't be measured is left out.
    func collect() -> [MetricSample]
}

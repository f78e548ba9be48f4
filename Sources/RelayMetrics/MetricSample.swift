/// A metric as it stands at one moment: what collectors give and what is written out.
public struct MetricSample: Sendable {
    public let name: String
    public let kind: MetricKind
    public let help: String?
    let labels: Labels
    public let value: Double

    /// - Parameters:
    ///   - name: must be a legal metric name.
    ///   - labels: of the one series that this is.
    ///   - value: of the series.
    public init(name: String, kind: MetricKind, help: String?, labels: [(String, String)] = [], value: Double) {
        self.name = name
        self.kind = kind
        self.help = help
        self.labels = Labels(labels)
        self.value = value
    }
}

/// Measures something at the moment at which it is asked, rather than all the time.
public protocol MetricCollector: Sendable {
    /// Called once for each exposition, on the caller's thread. What can't be measured is left out.
    func collect() -> [MetricSample]
}

/// A metric that a ``MetricCollector`` measures: its name, and what it means.
public struct MeasuredMetric: Sendable {
    let name: String
    let kind: MetricKind
    let help: String

    init(_ name: String, _ kind: MetricKind, _ help: String) {
        self.name = name
        self.kind = kind
        self.help = help
    }

    /// The metric as it stands now.
    ///
    /// - Parameter labels: of the one series that this is.
    public func sample(_ value: Int, _ labels: (String, String)...) -> MetricSample {
        MetricSample(name: self.name, kind: self.kind, help: self.help, labels: labels, value: Double(value))
    }

    /// The same, for what is no whole number.
    public func sample(_ value: Double) -> MetricSample {
        MetricSample(name: self.name, kind: self.kind, help: self.help, value: value)
    }
}

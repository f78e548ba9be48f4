/// What the numbers of a metric mean to whoever reads them.
public enum MetricKind: String, Hashable, Sendable {
    /// Only grows, until the process ends.
    case counter
    case gauge
    /// Counts observations up to each of its buckets' bounds, and sums them.
    case histogram
}

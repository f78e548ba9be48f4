/// What is known of a metric before it is first used: its help text, and for a histogram its buckets.
public struct MetricDescription: Hashable, Sendable {
    public let name: String
    /// One sentence, with the unit.
    public let help: String
    /// Upper bounds of a histogram's buckets in the metric's own unit, seconds for timers; the last, infinite one is
    /// understood. Order and repeats do not matter.
    public let buckets: [Double]
    /// Series beside the one that is labelled `other`; nil: as many as the registry allows.
    public let maxSeries: Int?
    /// The metric whose series are shown under this name too; nil for a metric of its own.
    let original: String?
    /// Labels of these that have another name here.
    let labelNames: [String: String]

    public init(_ name: String, _ help: String, buckets: [Double] = Self.latencyBuckets, maxSeries: Int? = nil) {
        self.name = name
        self.help = help
        self.buckets = buckets
        self.maxSeries = maxSeries
        self.original = nil
        self.labelNames = [:]
    }

    /// Of a metric that shows another one once more, for who knows it by this name. It costs nothing but the text.
    public init(_ name: String, _ help: String, copying original: String, naming labels: [String: String]) {
        self.name = name
        self.help = help
        self.buckets = []
        self.maxSeries = nil
        self.original = original
        self.labelNames = labels
    }

    /// In seconds, from 1 ms to 10 s.
    public static let latencyBuckets = [
        0.001, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
    ]
    /// In bytes, from 256 B to 1 MiB in steps of four.
    public static let sizeBuckets: [Double] = [256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576]
}

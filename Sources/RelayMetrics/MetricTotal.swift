/// What one series, or several of one metric, stand at.
public struct MetricTotal: Hashable, Sendable {
    /// Of a histogram the sum of what was observed.
    public private(set) var value = 0.0
    /// Upper bounds of a histogram's buckets, ascending, without the last, which has none. Empty for other kinds.
    public private(set) var bounds: [Double] = []
    /// Observations in each bucket, not counting those in smaller ones; one more than ``bounds``.
    public private(set) var counts: [UInt64] = []

    /// Nothing yet.
    init() {}

    init(value: Double, bounds: [Double] = [], counts: [UInt64] = []) {
        self.value = value
        self.bounds = bounds
        self.counts = counts
    }

    /// Observations of a histogram; 0 for other kinds.
    public var count: UInt64 { self.counts.reduce(0, &+) }

    /// Histograms of one metric have the same buckets.
    mutating func add(_ other: MetricTotal) {
        self.value += other.value
        guard self.bounds == other.bounds, self.counts.count == other.counts.count else {
            if self.counts.isEmpty { (self.bounds, self.counts) = (other.bounds, other.counts) }
            return
        }
        self.counts = zip(self.counts, other.counts).map { $0 &+ $1 }
    }
}

import CoreMetrics
import Synchronization

/// Counts observations by size. Its count is the sum of its buckets, so the two never disagree, even if it is read
/// while others write. Its sum may lag behind by what is being recorded.
final class HistogramSeries: Series, RecorderHandler, TimerHandler {
    let identity: SeriesIdentity
    /// Ascending, finite.
    private let bounds: [Double]
    /// One for each bound, and one for what is larger than all.
    private let counts: [Count]
    private let sum = AtomicDouble()

    private final class Count: Sendable {
        let value = Atomic<UInt64>(0)
    }

    /// - Parameter buckets: upper bounds in any order.
    init(_ identity: SeriesIdentity, buckets: [Double]) {
        self.identity = identity
        self.bounds = Set(buckets.filter(\.isFinite)).sorted()
        self.counts = (0...self.bounds.count).map { _ in Count() }
    }

    func record(_ value: Int64) {
        self.record(Double(value))
    }

    func record(_ value: Double) {
        guard value.isFinite else { return }
        self.counts[self.bucket(of: value)].value.wrappingAdd(1, ordering: .relaxed)
        self.sum.add(value)
    }

    /// Timers are exposed in seconds.
    func recordNanoseconds(_ duration: Int64) {
        self.record(Double(duration) / 1_000_000_000)
    }

    /// The first bucket whose bound is not below `value`, by halving.
    private func bucket(of value: Double) -> Int {
        var low = 0
        var high = self.bounds.count
        while low < high {
            let middle = (low + high) / 2
            if self.bounds[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }

    var total: MetricTotal {
        let counts = self.counts.map { $0.value.load(ordering: .relaxed) }
        return MetricTotal(value: self.sum.value, bounds: self.bounds, counts: counts)
    }

    func write(name: String, labels: Labels, to text: inout String) {
        var total: UInt64 = 0
        for (bound, count) in zip(self.bounds + [.infinity], self.counts) {
            total &+= count.value.load(ordering: .relaxed)
            text += "\(name)_bucket\(labels.text(bound: MetricText.number(bound))) \(total)\n"
        }
        text += "\(name)_sum\(labels.text()) \(MetricText.number(self.sum.value))\n"
        text += "\(name)_count\(labels.text()) \(total)\n"
    }
}

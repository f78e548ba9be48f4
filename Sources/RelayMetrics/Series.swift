import CoreMetrics
import Synchronization

/// One series: the numbers behind a metric's name and one set of labels. Written from any thread without a lock.
protocol Series: AnyObject, Sendable {
    var identity: SeriesIdentity { get }
    /// What it stands at now.
    var total: MetricTotal { get }
    /// Appends the series' lines, under a name and labels that may be others than its own.
    func write(name: String, labels: Labels, to text: inout String)
}

/// Where a series is kept.
struct SeriesIdentity: Hashable, Sendable {
    let name: String
    let labels: Labels
}

/// Counts whole and fractional amounts; what would lower it is ignored.
final class CounterSeries: Series, CounterHandler, FloatingPointCounterHandler {
    let identity: SeriesIdentity
    private let whole = Atomic<Int64>(0)
    private let fractional = AtomicDouble()

    init(_ identity: SeriesIdentity) {
        self.identity = identity
    }

    func increment(by amount: Int64) {
        guard amount > 0 else { return }
        self.whole.wrappingAdd(amount, ordering: .relaxed)
    }

    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        self.fractional.add(amount)
    }

    var total: MetricTotal {
        MetricTotal(value: Double(self.whole.load(ordering: .relaxed)) + self.fractional.value)
    }

    func reset() {
        self.whole.store(0, ordering: .relaxed)
        self.fractional.set(0)
    }

    func write(name: String, labels: Labels, to text: inout String) {
        let whole = self.whole.load(ordering: .relaxed)
        let fractional = self.fractional.value
        let value = fractional == 0 ? String(whole) : MetricText.number(Double(whole) + fractional)
        text += "\(name)\(labels.text()) \(value)\n"
    }
}

/// Holds the value that was set last.
final class GaugeSeries: Series, MeterHandler, RecorderHandler {
    let identity: SeriesIdentity
    private let value = AtomicDouble()

    init(_ identity: SeriesIdentity) {
        self.identity = identity
    }

    func set(_ value: Int64) { self.value.set(Double(value)) }
    func set(_ value: Double) { self.value.set(value) }
    func increment(by amount: Double) { self.value.add(amount) }
    func decrement(by amount: Double) { self.value.add(-amount) }
    func record(_ value: Int64) { self.set(value) }
    func record(_ value: Double) { self.set(value) }

    var total: MetricTotal { MetricTotal(value: self.value.value) }

    func write(name: String, labels: Labels, to text: inout String) {
        text += "\(name)\(labels.text()) \(MetricText.number(self.value.value))\n"
    }
}

/// Counts latencies in buckets whose bounds are 1/32 apart, from a microsecond to hours: a percentile is at most 3 %
/// too high. Takes 10 KB however many there are.
public struct LatencyHistogram: Sendable, Hashable {
    private static let stepBits = 5
    private static let steps = 1 << stepBits
    private var counts = [UInt32](repeating: 0, count: 40 << stepBits)
    /// How many latencies were added.
    public private(set) var count = 0
    /// In microseconds, exact.
    public private(set) var max: Int64 = 0

    public init() {}

    /// - Parameter nanoseconds: negative ones count as 0.
    public mutating func add(nanoseconds: Int64) {
        let microseconds = Swift.max(0, nanoseconds / 1000)
        self.counts[Self.bucket(microseconds)] &+= 1
        self.count += 1
        self.max = Swift.max(self.max, microseconds)
    }

    /// Counts all that `other` has counted.
    public mutating func add(_ other: LatencyHistogram) {
        for index in self.counts.indices { self.counts[index] &+= other.counts[index] }
        self.count += other.count
        self.max = Swift.max(self.max, other.max)
    }

    /// Microseconds that `percent` of all latencies don't exceed; nil where there are none.
    public func percentile(_ percent: Double) -> Int64? {
        guard self.count > 0 else { return nil }
        let rank = Swift.max(1, Int((Double(self.count) * percent / 100).rounded(.up)))
        var sum = 0
        for (index, count) in self.counts.enumerated() {
            sum += Int(count)
            if sum >= rank { return min(Self.upperBound(index), self.max) }
        }
        return self.max
    }

    /// Values below 32 have a bucket each; above, each doubling has 32.
    private static func bucket(_ value: Int64) -> Int {
        guard value >= self.steps else { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount
        let step = Int(value >> Int64(exponent - self.stepBits)) - self.steps
        return min((exponent - self.stepBits + 1) * self.steps + step, (40 << self.stepBits) - 1)
    }

    private static func upperBound(_ bucket: Int) -> Int64 {
        guard bucket >= self.steps else { return Int64(bucket) }
        let (octave, step) = bucket.quotientAndRemainder(dividingBy: self.steps)
        return Int64(self.steps + step + 1) << Int64(octave - 1) - 1
    }
}

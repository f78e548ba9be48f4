/// Samples of how long something took, kept whole: a round has at most some hundred thousand.
struct Latencies: Sendable {
    /// Microseconds, in order of arrival.
    private var samples: [UInt32] = []

    mutating func add(_ nanoseconds: Int64) {
        self.samples.append(UInt32(clamping: nanoseconds / 1000))
    }

    mutating func add(_ nanoseconds: [Int64]) {
        for sample in nanoseconds { self.add(sample) }
    }

    /// - Parameter share: 0.99 for the 99th percentile.
    /// - Returns: microseconds; nil without samples.
    func percentile(_ share: Double) -> Double? {
        guard !self.samples.isEmpty else { return nil }
        let index = Int((Double(self.samples.count - 1) * share).rounded())
        return Double(self.samples.sorted()[index])
    }
}

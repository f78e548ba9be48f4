/// What a comparison brought: the samples of all rounds, and why some are missing.
struct Measured<Key: Hashable & Sendable>: Sendable {
    private var samples: [Key: [Metric: [Double]]] = [:]
    private var failures: [String] = []

    /// Empty when nothing is missing.
    var remarks: String { self.failures.joined(separator: "; ") }

    mutating func add(_ sample: [Metric: Double], for key: Key) {
        for (metric, value) in sample {
            self.samples[key, default: [:]][metric, default: []].append(value)
        }
    }

    mutating func add(_ failure: any Error, of kind: ServerKind) {
        let remark = "\(kind.rawValue): \(failure)".replacing("\n", with: " ")
        if !self.failures.contains(remark) {
            self.failures.append(remark)
        }
    }

    /// Forgets the samples of a contender that failed midway: a median of fewer rounds would not be comparable.
    mutating func drop(_ key: Key) {
        self.samples[key] = nil
    }

    /// - Returns: the rounds' median; the lower of the middle two when their number is even.
    func median(_ metric: Metric, of key: Key) -> Double? {
        Self.median(self.values(metric, of: key))
    }

    /// Pairs the two figures round by round, since rounds near each other met the same machine.
    ///
    /// - Returns: the median of the rounds' ratios; it is not exactly the ratio of the medians.
    func ratio(_ metric: Metric, of key: Key, to baseline: Key) -> Double? {
        let pairs = zip(self.values(metric, of: key), self.values(metric, of: baseline))
        return Self.median(pairs.filter { $1 > 0 }.map { $0 / $1 })
    }

    /// - Returns: the median of the rounds' ratios of the one figure to the other in the same round.
    func ratio(_ metric: Metric, to other: Metric, of key: Key) -> Double? {
        let pairs = zip(self.values(metric, of: key), self.values(other, of: key))
        return Self.median(pairs.filter { $1 > 0 }.map { $0 / $1 })
    }

    /// - Returns: the median of by how much the one figure exceeds the other in the same round.
    func difference(_ metric: Metric, above other: Metric, of key: Key) -> Double? {
        Self.median(zip(self.values(metric, of: key), self.values(other, of: key)).map { $0 - $1 })
    }

    private func values(_ metric: Metric, of key: Key) -> [Double] {
        self.samples[key]?[metric] ?? []
    }

    private static func median(_ values: [Double]) -> Double? {
        values.isEmpty ? nil : values.sorted()[(values.count - 1) / 2]
    }
}

extension Measured where Key == ServerKind {
    func figures(_ metric: Metric) -> Figures {
        Figures(
            relay: self.median(metric, of: .relay),
            bare: self.median(metric, of: .bare),
            nchan: self.median(metric, of: .nchan),
            ratio: self.ratio(metric, of: .relay, to: .bare)
        )
    }
}

/// The labels of one series: names are legal and unique, sorted, so that the order in which they were given is no matter.
struct Labels: Hashable, Sendable, Comparable {
    /// The value under which everything is counted that would be one series too many.
    static let overflowValue = "other"

    let names: [String]
    let values: [String]

    /// Of two dimensions with one name the first counts.
    init(_ dimensions: [(String, String)]) {
        var seen: Set<String> = []
        let pairs = dimensions.map { (MetricText.labelName($0.0), MetricText.labelValue($0.1)) }
            .filter { seen.insert($0.0).inserted }
            .sorted { $0.0 < $1.0 }
        self.init(names: pairs.map(\.0), values: pairs.map(\.1))
    }

    private init(names: [String], values: [String]) {
        self.names = names
        self.values = values
    }

    /// The same values, where some names are others.
    func renamed(_ names: [String: String]) -> Labels {
        guard !names.isEmpty else { return self }
        return Labels(zip(self.names, self.values).map { (names[$0] ?? $0, $1) })
    }

    /// The same names, all with the value `other`.
    var overflow: Labels {
        Labels(names: self.names, values: self.values.map { _ in Self.overflowValue })
    }

    static func < (left: Labels, right: Labels) -> Bool {
        if left.names != right.names { return left.names.lexicographicallyPrecedes(right.names) }
        return left.values.lexicographicallyPrecedes(right.values)
    }

    /// `{a="1",b="2"}`, or nothing where there are none.
    ///
    /// - Parameter bound: the upper bound of a histogram's bucket, written last as `le`.
    func text(bound: String? = nil) -> String {
        var pairs = zip(self.names, self.values).map { "\($0)=\"\(MetricText.escapedValue($1))\"" }
        if let bound { pairs.append("le=\"\(bound)\"") }
        return pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}"
    }
}

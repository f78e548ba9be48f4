/// A metric with the values of all its series at one moment, for who writes them out in another form than Prometheus'.
public struct MetricReading: Sendable {
    /// One series.
    public struct Point: Sendable {
        /// Names and values, sorted by name.
        public let labels: [(name: String, value: String)]
        public let total: MetricTotal
    }

    public let name: String
    /// One sentence; nil where nothing is known of it.
    public let help: String?
    public let kind: MetricKind
    /// At least one.
    public let points: [Point]
}

extension MetricReading.Point {
    init(_ labels: Labels, _ total: MetricTotal) {
        self.init(labels: zip(labels.names, labels.values).map { (name: $0, value: $1) }, total: total)
    }
}

extension PrometheusRegistry {
    /// What ``exposition()`` shows, in the order of names.
    public func readings() -> [MetricReading] {
        let tables = self.copyOfTables()
        let families = tables.families.filter { !$0.value.members.isEmpty }.map { name, family in
            self.reading(name, family)
        }
        let copies = self.copies(of: tables).map { copy, family in self.reading(copy.name, family) }
        let measured = Dictionary(grouping: self.samples(beside: tables), by: \.name).compactMap { name, samples in
            samples.first.map { first in
                MetricReading(
                    name: name,
                    help: first.help,
                    kind: first.kind,
                    points: samples.map { MetricReading.Point($0.labels, MetricTotal(value: $0.value)) }
                )
            }
        }
        return (families + copies + measured).sorted { $0.name < $1.name }
    }

    private func reading(_ name: String, _ family: MetricFamily) -> MetricReading {
        let description = self.descriptions[name]
        let points = family.members.sorted { $0.key < $1.key }.map { labels, member in
            MetricReading.Point(labels.renamed(description?.labelNames ?? [:]), member.series.total)
        }
        return MetricReading(name: name, help: description?.help, kind: family.kind, points: points)
    }
}

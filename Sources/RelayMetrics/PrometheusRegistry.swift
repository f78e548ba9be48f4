import Synchronization

/// Holds all series and writes them out in the Prometheus text format 0.0.4.
///
/// The lock guards the tables only. Recording takes no lock. The text is made from a copy of the tables, so others
/// may add series meanwhile.
public final class PrometheusRegistry: Sendable {
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"
    /// Counts series that were asked for under a name that is taken by another kind of metric; they are shown nowhere.
    static let rejectedName = "metrics_rejected_series_total"

    struct Tables {
        fileprivate(set) var families: [String: MetricFamily] = [:]
        /// Each name under which lines appear, and the family whose it is.
        fileprivate(set) var owners: [String: String] = [:]
        fileprivate(set) var rejected = 0
    }

    let descriptions: [String: MetricDescription]
    private let collectors: [any MetricCollector]
    private let maxSeries: Int
    private let tables = Mutex(Tables())

    /// - Parameters:
    ///   - descriptions: a metric that is missing here has no help text, and as a histogram the latency buckets.
    ///   - collectors: asked at each exposition. A sample is left out where a metric has its name.
    ///   - maxSeries: series of one metric, beside the one labelled `other`, unless its description says otherwise.
    public init(
        descriptions: [MetricDescription] = [],
        collectors: [any MetricCollector] = [],
        maxSeries: Int = 1_000
    ) {
        self.descriptions = Dictionary(descriptions.map { ($0.name, $0) }) { first, _ in first }
        self.collectors = collectors
        self.maxSeries = maxSeries
    }

    func counter(_ label: String, _ dimensions: [(String, String)]) -> CounterSeries {
        self.series(label, dimensions, .counter) { CounterSeries($0) }
    }

    func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeSeries {
        self.series(label, dimensions, .gauge) { GaugeSeries($0) }
    }

    func histogram(_ label: String, _ dimensions: [(String, String)]) -> HistogramSeries {
        let buckets = self.descriptions[label]?.buckets ?? MetricDescription.latencyBuckets
        return self.series(label, dimensions, .histogram) { HistogramSeries($0, buckets: buckets) }
    }

    /// - Returns: the series that exists, a new one, or one that is shown nowhere because its name is taken.
    private func series<Member: Series>(
        _ label: String,
        _ dimensions: [(String, String)],
        _ kind: MetricKind,
        make: (SeriesIdentity) -> Member
    ) -> Member {
        let name = MetricText.metricName(label)
        let labels = Labels(dimensions)
        let limit = self.descriptions[label]?.maxSeries ?? self.maxSeries
        let found = self.tables.withLock { tables -> Member? in
            guard tables.claim(name, kind) else {
                tables.rejected += 1
                return nil
            }
            return tables.families[name, default: MetricFamily(kind: kind)]
                .series(labels, maxSeries: limit) { make(SeriesIdentity(name: name, labels: $0)) } as? Member
        }
        return found ?? make(SeriesIdentity(name: name, labels: labels))
    }

    func release(_ handler: AnyObject) {
        guard let series = handler as? any Series else { return }
        self.tables.withLock { $0.families[series.identity.name]?.release(series) }
    }
}

extension PrometheusRegistry.Tables {
    /// - Returns: whether a metric of this kind may have this name.
    fileprivate mutating func claim(_ name: String, _ kind: MetricKind) -> Bool {
        if let family = self.families[name] { return family.kind == kind }
        let names = MetricFamily.sampleNames(name, kind)
        guard names.allSatisfy({ self.owners[$0] == nil }) else { return false }
        for sample in names {
            self.owners[sample] = name
        }
        return true
    }
}

/// A metric without its values.
public struct MetricSummary: Hashable, Sendable {
    public let name: String
    /// Nil where nothing is known of it.
    public let help: String?
    public let kind: MetricKind
    /// How many series it has now.
    public let series: Int
}

extension PrometheusRegistry {
    /// What ``exposition()`` lists, in the order of names.
    public func summaries() -> [MetricSummary] {
        let tables = self.copyOfTables()
        let families = tables.families.filter { !$0.value.members.isEmpty }.map { name, family in
            MetricSummary(
                name: name,
                help: self.descriptions[name]?.help,
                kind: family.kind,
                series: family.members.count
            )
        }
        let copies = self.copies(of: tables).map { copy, family in
            MetricSummary(name: copy.name, help: copy.help, kind: family.kind, series: family.members.count)
        }
        let samples = self.samples(beside: tables)
        let measured = Dictionary(grouping: samples, by: \.name).compactMap { name, samples in
            samples.first.map { MetricSummary(name: name, help: $0.help, kind: $0.kind, series: samples.count) }
        }
        return (families + copies + measured).sorted { $0.name < $1.name }
    }

    /// The tables as they stand now.
    func copyOfTables() -> Tables { self.tables.withLock { $0 } }

    /// The metrics that are shown under another name too.
    func copies(of tables: Tables) -> [(copy: MetricDescription, family: MetricFamily)] {
        self.descriptions.values.compactMap { description in
            guard let original = description.original, let family = tables.families[original],
                !family.members.isEmpty
            else { return nil }
            return (description, family)
        }
    }

    /// Everything, in the order of names, then labels.
    public func exposition() -> String {
        let tables = self.copyOfTables()
        var blocks: [(name: String, text: String)] = tables.families.filter { !$0.value.members.isEmpty }
            .map { ($0.key, self.block($0.key, $0.value)) }
        blocks += self.copies(of: tables).map { ($0.copy.name, self.block($0.copy.name, $0.family)) }
        let samples = self.samples(beside: tables)
        blocks += Dictionary(grouping: samples, by: \.name).map { ($0.key, Self.block($0.value)) }
        return blocks.sorted { $0.name < $1.name }.map(\.text).joined()
    }

    /// What the series of a metric add up to now; those that collectors measure are not among them.
    ///
    /// - Parameters:
    ///   - name: of the metric, as it is written out.
    ///   - label: counts only series that have this label with this value; nil: all.
    public func total(of name: String, where label: (name: String, value: String)? = nil) -> MetricTotal {
        let members = self.tables.withLock { $0.families[name]?.members ?? [:] }
        return members.reduce(into: MetricTotal()) { total, member in
            guard let label else { return total.add(member.value.series.total) }
            if zip(member.key.names, member.key.values).contains(where: { $0 == label.name && $1 == label.value }) {
                total.add(member.value.series.total)
            }
        }
    }

    /// What is measured when it is asked for.
    func samples(beside tables: Tables) -> [MetricSample] {
        var samples = self.collectors.flatMap { $0.collect() }.filter { tables.owners[$0.name] == nil }
        if tables.rejected > 0 {
            samples.append(
                MetricSample(
                    name: Self.rejectedName,
                    kind: .counter,
                    help: "Series not shown because another kind of metric has their name.",
                    value: Double(tables.rejected)
                )
            )
        }
        return samples
    }

    private func block(_ name: String, _ family: MetricFamily) -> String {
        let description = self.descriptions[name]
        var text = Self.head(name, family.kind, help: description?.help)
        for (labels, member) in family.members.sorted(by: { $0.key < $1.key }) {
            member.series.write(name: name, labels: labels.renamed(description?.labelNames ?? [:]), to: &text)
        }
        return text
    }

    /// - Parameter samples: of one name.
    private static func block(_ samples: [MetricSample]) -> String {
        let head = samples.first.map { self.head($0.name, $0.kind, help: $0.help) } ?? ""
        return samples.reduce(into: head) { text, sample in
            text += "\(sample.name)\(sample.labels.text()) \(MetricText.number(sample.value))\n"
        }
    }

    private static func head(_ name: String, _ kind: MetricKind, help: String?) -> String {
        let help = help.map { "# HELP \(name) \(MetricText.escapedHelp($0))\n" } ?? ""
        return help + "# TYPE \(name) \(kind.rawValue)\n"
    }
}

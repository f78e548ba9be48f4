/// All series of one metric.
struct MetricFamily {
    struct Member {
        let series: any Series
        /// How many handlers were given out for it and not destroyed.
        var users: Int
    }

    let kind: MetricKind
    private(set) var members: [Labels: Member] = [:]

    init(kind: MetricKind) {
        self.kind = kind
    }

    /// - Parameter maxSeries: with that many, unknown labels lead to the series labelled `other`.
    mutating func series(_ labels: Labels, maxSeries: Int, make: (Labels) -> any Series) -> any Series {
        var labels = labels
        if self.members[labels] == nil, !labels.names.isEmpty, self.members.count >= maxSeries {
            labels = labels.overflow
        }
        var member = self.members[labels] ?? Member(series: make(labels), users: 0)
        member.users += 1
        self.members[labels] = member
        return member.series
    }

    /// Forgets the series with its last user.
    mutating func release(_ series: any Series) {
        guard var member = self.members[series.identity.labels], member.series === series else { return }
        member.users -= 1
        self.members[series.identity.labels] = member.users > 0 ? member : nil
    }

    /// The names under which lines appear.
    static func sampleNames(_ name: String, _ kind: MetricKind) -> [String] {
        switch kind {
        case .counter, .gauge: [name]
        case .histogram: [name, name + "_bucket", name + "_sum", name + "_count"]
        }
    }
}

/// What most relays carry: topics with one reader or a few, and messages that come one by one.
///
/// A row counts the server's CPU time for a publish and the deliveries that follow from it, beside nchan's, with the
/// messages evenly spaced at a rate that leaves the server idle most of the time.
struct TopicsScenario: Scenario {
    static let name = "topics"

    private struct Kind {
        let title: String
        let metric: Metric
        let atMost: Double
        let shape: TopicsShape
    }

    func run(on bench: Bench) async -> [Row] {
        var rows: [Row] = []
        for kind in Self.kinds(bench.sizes) {
            rows.append(await Self.row(kind, on: bench))
        }
        return rows
    }

    private static func kinds(_ sizes: Sizes) -> [Kind] {
        let seconds = sizes.pacedSeconds
        return [
            Kind(
                title: "1000 topics of one reader",
                metric: .cpuPerMessage,
                atMost: 1.4,
                shape: TopicsShape(topics: 1_000, readersEach: 1, rate: 2_000, seconds: seconds)
            ),
            Kind(
                title: "10 topics of one reader",
                metric: .cpuPerMessage,
                atMost: 1.4,
                shape: TopicsShape(topics: 10, readersEach: 1, rate: 2_000, seconds: seconds)
            ),
            Kind(
                title: "500 topics of ten readers, 1 KiB",
                metric: .cpuPerDelivery,
                atMost: 1.0,
                shape: TopicsShape(topics: 500, readersEach: 10, payload: 1_024, rate: 200, seconds: seconds)
            ),
            Kind(
                title: "one topic of \(sizes.idleReaders) readers",
                metric: .cpuPerDelivery,
                atMost: 1.0,
                shape: TopicsShape(topics: 1, readersEach: sizes.idleReaders, rate: sizes.crowdRate, seconds: seconds)
            ),
        ]
    }

    private static func row(_ kind: Kind, on bench: Bench) async -> Row {
        let measured = await bench.compare(
            Contender.each([.relay, .nchan]) { server in
                try await TopicsRig(bench, server: server, shape: kind.shape)
            }
        )
        return Row(
            kind.title,
            unit: kind.metric == .cpuPerMessage ? "us CPU/message" : "us CPU/delivery",
            figures: Figures(
                relay: measured.median(kind.metric, of: .relay),
                nchan: measured.median(kind.metric, of: .nchan),
                ratio: measured.ratio(kind.metric, of: .relay, to: .nchan)
            ),
            baseline: "nchan",
            must: .ratio(atMost: kind.atMost),
            remarks: measured.remarks
        )
    }
}

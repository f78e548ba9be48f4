/// What most relays carry: topics with one reader or a few, and messages that come one by one.
///
/// Its row counts the server's CPU time for a publish and the deliveries that follow from it, beside nchan's, with the
/// messages evenly spaced at a rate that leaves the server idle most of the time.
struct TopicsScenario: Scenario {
    let name: String
    let metric: Metric
    /// The must, as a multiple of nchan's figure.
    let atMost: Double
    let shape: @Sendable (Sizes) -> TopicsShape

    static let all = [
        Self(name: "topics-1000x1", metric: .cpuPerMessage, atMost: 1.4) {
            TopicsShape(topics: 1_000, readersEach: 1, rate: 2_000, seconds: $0.pacedSeconds)
        },
        Self(name: "topics-10x1", metric: .cpuPerMessage, atMost: 1.4) {
            TopicsShape(topics: 10, readersEach: 1, rate: 2_000, seconds: $0.pacedSeconds)
        },
        Self(name: "topics-500x10", metric: .cpuPerDelivery, atMost: 1.0) {
            TopicsShape(topics: 500, readersEach: 10, payload: 1_024, rate: 500, seconds: $0.pacedSeconds)
        },
        Self(name: "topics-1x10000", metric: .cpuPerDelivery, atMost: 1.0) {
            TopicsShape(
                topics: 1,
                readersEach: $0.readers(ofEachOf: Self.servers.count),
                rate: $0.crowdRate,
                seconds: $0.pacedSeconds
            )
        },
    ]

    /// All of them have their readers at once, since rounds are taken in turns.
    private static let servers: [ServerKind] = [.relay, .nchan]

    func run(on bench: Bench) async -> [Row] {
        let shape = self.shape(bench.sizes)
        let measured = await bench.compare(
            Contender.each(Self.servers) { server in try await TopicsRig(bench, server: server, shape: shape) }
        )
        return [
            Row(
                shape.title,
                unit: self.metric == .cpuPerMessage ? "us CPU/message" : "us CPU/delivery",
                figures: Figures(
                    relay: measured.median(self.metric, of: .relay),
                    nchan: measured.median(self.metric, of: .nchan),
                    ratio: measured.ratio(self.metric, of: .relay, to: .nchan)
                ),
                baseline: "nchan",
                must: .ratio(atMost: self.atMost),
                remarks: measured.remarks
            )
        ]
    }
}

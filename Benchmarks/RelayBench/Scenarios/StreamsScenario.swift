/// Event streams of 50 topics against event streams of one: what a delivery costs must not depend on how many topics its
/// stream has.
struct StreamsScenario: Scenario {
    let name = "streams"
    private static let streams = 300
    private static let topics = 50

    func run(on bench: Bench) async -> [Row] {
        let measured = await bench.compare(
            [1, Self.topics].map { topics in
                Contender(key: topics, kind: .relay) { server in
                    let names = StreamsRig.topics(topics)
                    return try await StreamsRig(bench, server: server, streams: Self.streams, topics: names) {
                        try await .eventStreams(Self.streams, topics: names, of: server, from: bench.client)
                    }
                }
            }
        )
        let figures = Figures(
            relay: measured.median(.cpuPerDelivery, of: Self.topics),
            ratio: measured.ratio(.cpuPerDelivery, of: Self.topics, to: 1)
        )
        return [
            Row(
                "\(Self.streams) event streams of \(Self.topics) topics",
                unit: "us CPU/delivery",
                figures: figures,
                baseline: "one topic",
                must: .ratio(atMost: 2),
                remarks: measured.remarks
            )
        ]
    }
}

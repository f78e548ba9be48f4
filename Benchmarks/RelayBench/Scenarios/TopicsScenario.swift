/// What most relays carry: topics with one reader or a few, and messages that come one by one.
///
/// A row counts the server's CPU time for a publish and the deliveries that follow from it, beside nchan's, with the
/// messages evenly spaced at a rate that leaves the server idle most of the time.
protocol TopicsScenario: Scenario {
    static func title(_ sizes: Sizes) -> String
    static func shape(_ sizes: Sizes) -> TopicsShape
    static var metric: Metric { get }
    /// The must, as a multiple of nchan's figure.
    static var atMost: Double { get }
}

extension TopicsScenario {
    func run(on bench: Bench) async -> [Row] {
        let shape = Self.shape(bench.sizes)
        let measured = await bench.compare(
            Contender.each([.relay, .nchan]) { server in try await TopicsRig(bench, server: server, shape: shape) }
        )
        return [
            Row(
                Self.title(bench.sizes),
                unit: Self.metric == .cpuPerMessage ? "us CPU/message" : "us CPU/delivery",
                figures: Figures(
                    relay: measured.median(Self.metric, of: .relay),
                    nchan: measured.median(Self.metric, of: .nchan),
                    ratio: measured.ratio(Self.metric, of: .relay, to: .nchan)
                ),
                baseline: "nchan",
                must: .ratio(atMost: Self.atMost),
                remarks: measured.remarks
            )
        ]
    }
}

struct ThousandTopicsScenario: TopicsScenario {
    static let name = "topics-1000x1"
    static let metric = Metric.cpuPerMessage
    static let atMost = 1.4

    static func title(_ sizes: Sizes) -> String { "1000 topics of one reader" }

    static func shape(_ sizes: Sizes) -> TopicsShape {
        TopicsShape(topics: 1_000, readersEach: 1, rate: 2_000, seconds: sizes.pacedSeconds)
    }
}

struct TenTopicsScenario: TopicsScenario {
    static let name = "topics-10x1"
    static let metric = Metric.cpuPerMessage
    static let atMost = 1.4

    static func title(_ sizes: Sizes) -> String { "10 topics of one reader" }

    static func shape(_ sizes: Sizes) -> TopicsShape {
        TopicsShape(topics: 10, readersEach: 1, rate: 2_000, seconds: sizes.pacedSeconds)
    }
}

struct SmallGroupsScenario: TopicsScenario {
    static let name = "topics-500x10"
    static let metric = Metric.cpuPerDelivery
    static let atMost = 1.0

    static func title(_ sizes: Sizes) -> String { "500 topics of ten readers, 1 KiB" }

    static func shape(_ sizes: Sizes) -> TopicsShape {
        TopicsShape(topics: 500, readersEach: 10, payload: 1_024, rate: 500, seconds: sizes.pacedSeconds)
    }
}

struct GreatCrowdScenario: TopicsScenario {
    static let name = "topics-1x10000"
    static let metric = Metric.cpuPerDelivery
    static let atMost = 1.0

    static func title(_ sizes: Sizes) -> String { "one topic of \(sizes.idleReaders) readers" }

    static func shape(_ sizes: Sizes) -> TopicsShape {
        TopicsShape(topics: 1, readersEach: sizes.idleReaders, rate: sizes.crowdRate, seconds: sizes.pacedSeconds)
    }
}

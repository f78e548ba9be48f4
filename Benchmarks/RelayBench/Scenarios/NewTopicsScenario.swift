import NIOCore

/// First messages of topics that did not exist, on sqlite: 64 publishers make 10,000 topics, while others publish to topics
/// that are there.
struct NewTopicsScenario: Scenario {
    let name = "new-topics"

    func run(on bench: Bench) async -> [Row] {
        let measured = await bench.compare([
            Contender(key: ServerKind.relay, kind: .relay, storage: .sqlite) { server in
                try await NewTopicsRig(bench, server: server)
            }
        ])
        return [
            Row(
                "first publish to \(bench.sizes.newTopics) new topics",
                unit: "us p99",
                figures: Figures(relay: measured.median(.answerLatency, of: .relay)),
                baseline: "-",
                must: .relay(atMost: 5_000),
                remarks: measured.remarks
            ),
            Row(
                "others' publishes meanwhile",
                unit: "us p99",
                figures: Figures(relay: measured.median(.bystanderLatency, of: .relay)),
                baseline: "-",
                must: .relay(atMost: 5_000)
            ),
        ]
    }
}

private struct NewTopicsRig: Rig {
    private static let publishers = 64
    private static let bystanders = 4

    private let server: Server
    private let count: Int
    private let connections: [RequestConnection]
    private let others: [RequestConnection]
    private let otherRequest: ByteBuffer
    /// Part of the names, so that each round's topics are new.
    private let round = Counter()

    init(_ bench: Bench, server: Server) async throws {
        self.server = server
        self.count = bench.sizes.newTopics
        self.connections = try await bench.client.open(Self.publishers, port: server.port)
        self.others = try await bench.client.open(Self.bystanders, port: server.port)
        self.otherRequest = server.dialect.publishRequest(Payload.plain(size: bench.sizes.payload))
        for connection in self.connections + self.others { _ = try await connection.once(self.otherRequest).get() }
    }

    func measure() async throws -> [Metric: Double] {
        let round = self.round.next()
        let payload = Payload.plain(size: 64)
        let requests = (0..<self.count).map { self.server.dialect.about("new-\(round)-\($0)").publishRequest(payload) }
        let share = (self.count + Self.publishers - 1) / Self.publishers
        let made = self.connections.enumerated().map { index, connection in
            connection.timed(Array(requests.dropFirst(index * share).prefix(share)))
        }
        let end = NIODeadline.now() + .seconds(20)
        let isOver = Signal()
        let beside = self.others.map { $0.timed(self.otherRequest, until: end, isOver) }
        var latencies = Latencies()
        for answers in made { latencies.add(try await answers.get()) }
        isOver.set()
        var bystanders = Latencies()
        for answers in beside { bystanders.add(try await answers.get()) }
        return [
            .answerLatency: latencies.percentile(0.99) ?? 0,
            .bystanderLatency: bystanders.percentile(0.99) ?? 0,
        ]
    }

    func tearDown() async {
        for connection in self.connections + self.others { await connection.close() }
    }
}

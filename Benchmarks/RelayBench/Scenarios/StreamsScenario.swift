import NIOCore

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
                    try await StreamsRig(bench, server: server, streams: Self.streams, topics: topics)
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

/// Event streams that all have the same topics, and a publisher that takes turns at those.
private struct StreamsRig: Rig {
    private static let publishers = 8

    private let server: Server
    private let sizes: Sizes
    private let streams: Int
    /// One for each topic.
    private let requests: [ByteBuffer]
    private let crowd: Crowd
    private let publisher: PacedPublisher

    init(_ bench: Bench, server: Server, streams: Int, topics: Int) async throws {
        self.server = server
        self.sizes = bench.sizes
        self.streams = streams
        let connections = try await bench.client.open(Self.publishers, port: server.port)
        self.publisher = PacedPublisher(connections: connections, rate: bench.sizes.pacedRate)
        let names = (0..<topics).map { "bench-\($0)" }
        let payload = Payload.plain(size: bench.sizes.payload)
        self.requests = names.map { server.dialect.about($0).publishRequest(payload) }
        try await self.publisher.publish(self.requests)
        self.crowd = try await .eventStreams(streams, topics: names, of: server, from: bench.client)
        try await self.publish(bench.sizes.pacedRate)
    }

    func measure() async throws -> [Metric: Double] {
        let messages = self.sizes.pacedRate * self.sizes.pacedSeconds
        let before = ProcessUsage.of(self.server.process)
        try await self.publish(messages)
        let after = ProcessUsage.of(self.server.process)
        return [.cpuPerDelivery: (after.cpuMicroseconds - before.cpuMicroseconds) / Double(messages * self.streams)]
    }

    func tearDown() async {
        await self.publisher.close()
        await self.crowd.close()
    }

    private func publish(_ messages: Int) async throws {
        let requests = (0..<messages).map { self.requests[$0 % self.requests.count] }
        try await self.crowd.receive(messages * self.streams) { try await self.publisher.publish(requests) }
    }
}

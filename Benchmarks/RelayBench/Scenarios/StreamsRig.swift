import NIOCore

/// Event streams that all have the same topics, and a publisher that takes turns at those.
struct StreamsRig: Rig {
    private static let publishers = 8

    private let server: Server
    private let sizes: Sizes
    private let streams: Int
    /// One for each topic.
    private let requests: [ByteBuffer]
    private let crowd: Crowd
    private let publisher: PacedPublisher

    /// Names for that many topics.
    static func topics(_ count: Int) -> [String] { (0..<count).map { "bench-\($0)" } }

    /// - Parameter connect: opens the streams, all of these topics.
    init(
        _ bench: Bench,
        server: Server,
        streams: Int,
        topics names: [String],
        connect: () async throws -> Crowd
    ) async throws {
        self.server = server
        self.sizes = bench.sizes
        self.streams = streams
        let connections = try await bench.client.open(Self.publishers, port: server.port)
        self.publisher = PacedPublisher(connections: connections, rate: bench.sizes.pacedRate)
        let payload = Payload.plain(size: bench.sizes.payload)
        let requests = names.map { server.dialect.about($0).publishRequest(payload) }
        self.requests = requests
        // A topic exists from its first message on. A connection without a request is closed while the crowd connects, so that each has one.
        let firsts = (0..<max(Self.publishers, names.count)).map { requests[$0 % names.count] }
        try await self.publisher.publish(firsts)
        self.crowd = try await connect()
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

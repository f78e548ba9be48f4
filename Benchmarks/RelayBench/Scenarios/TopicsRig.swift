import NIOCore

/// Topics with their readers, each reader a WebSocket of its own, and publishers that take turns at them.
struct TopicsRig: Rig {
    private static let mostPublishers = 32

    private let server: Server
    private let crowd: Crowd
    private let publisher: PacedPublisher
    private let requests: [ByteBuffer]
    private let shape: TopicsShape

    init(_ bench: Bench, server: Server, shape: TopicsShape) async throws {
        self.server = server
        self.shape = shape
        let dialects = (0..<shape.topics).map { server.dialect.about("bench-\($0)") }
        let payload = Payload.plain(size: shape.payload)
        let requests = dialects.map { $0.publishRequest(payload) }
        self.requests = requests
        let publishers = min(Self.mostPublishers, shape.rate)
        let connections = try await bench.client.open(publishers, port: server.port)
        self.publisher = PacedPublisher(connections: connections, rate: shape.rate)
        // A topic exists from its first message on; what that costs is another row's. A connection without a request is closed while the
        // crowd connects, so that each has one.
        let firsts = (0..<max(publishers, shape.topics)).map { requests[$0 % shape.topics] }
        try await self.publisher.publish(firsts)
        self.crowd = try await .subscribers(
            shape.topics * shape.readersEach,
            of: server,
            from: bench.client,
            log: DeliveryLog()
        ) { index in dialects[index % shape.topics] }
        try await self.publish(shape.rate)
    }

    func measure() async throws -> [Metric: Double] {
        let messages = self.shape.rate * self.shape.seconds
        let before = ProcessUsage.of(self.server.process)
        try await self.publish(messages)
        let after = ProcessUsage.of(self.server.process)
        let spent = after.cpuMicroseconds - before.cpuMicroseconds
        return [
            .cpuPerMessage: spent / Double(messages),
            .cpuPerDelivery: spent / Double(messages * self.shape.readersEach),
        ]
    }

    func tearDown() async {
        await self.publisher.close()
        await self.crowd.close()
    }

    /// Returns when every reader has every message of its topic.
    private func publish(_ messages: Int) async throws {
        let requests = (0..<messages).map { self.requests[$0 % self.requests.count] }
        try await self.crowd.receive(messages * self.shape.readersEach) {
            try await self.publisher.publish(requests)
        }
    }
}

/// How many topics have how many readers, and what they are sent.
struct TopicsShape: Sendable {
    var topics: Int
    /// Of each topic.
    var readersEach: Int
    /// Bytes of a message's payload.
    var payload = 64
    /// Messages per second, over all topics in turns. Evenly spaced.
    var rate: Int
    /// Of one round.
    var seconds = 3

    /// As its row is called.
    var title: String {
        let topics = self.topics == 1 ? "one topic" : "\(self.topics) topics"
        let readers = self.readersEach == 1 ? "one reader" : "\(self.readersEach) readers"
        return "\(topics) of \(readers)" + (self.payload >= 1_024 ? ", \(self.payload >> 10) KiB" : "")
    }
}

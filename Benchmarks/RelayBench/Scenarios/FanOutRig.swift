import NIOCore

/// Subscribers of one topic, and a publisher at a fixed rate.
struct FanOutRig: Rig {
    private static let publishers = 32

    private let server: Server
    private let crowd: Crowd
    private let publisher: PacedPublisher
    private let request: ByteBuffer
    private let sizes: Sizes

    init(_ bench: Bench, server: Server, burst: Int) async throws {
        self.server = server
        self.sizes = bench.sizes
        self.request = server.dialect.fanOutRequest(Payload.plain(size: bench.sizes.payload))
        self.crowd = try await .subscribers(bench.sizes.readers, of: server, from: bench.client, log: DeliveryLog())
        let connections = try await bench.client.open(Self.publishers, port: server.port)
        self.publisher = PacedPublisher(connections: connections, rate: bench.sizes.pacedRate, burst: burst)
        // Every connection speaks before the others' servers are set up: one that says nothing is closed.
        try await self.publish(Self.publishers)
    }

    func measure() async throws -> [Metric: Double] {
        let messages = self.sizes.pacedRate * self.sizes.pacedSeconds
        let before = ProcessUsage.of(self.server.process)
        try await self.publish(messages)
        let after = ProcessUsage.of(self.server.process)
        let deliveries = Double(messages * self.sizes.readers)
        return [.cpuPerDelivery: (after.cpuMicroseconds - before.cpuMicroseconds) / deliveries]
    }

    func tearDown() async {
        await self.publisher.close()
        await self.crowd.close()
    }

    /// Returns when every reader has every message.
    private func publish(_ messages: Int) async throws {
        let request = self.request
        try await self.crowd.receive(messages * self.sizes.readers) {
            try await self.publisher.publish(messages) { request }
        }
    }
}

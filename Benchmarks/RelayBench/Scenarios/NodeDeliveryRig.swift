/// Subscribers on two relays that share their storage, and a publisher at a fixed rate on the first.
struct NodeDeliveryRig: Rig {
    private static let publishers = 8
    /// On each relay. Few: the way is measured, not the fan-out.
    private static let readers = 20

    private let server: Server
    private let sizes: Sizes
    private let near: Crowd
    private let far: Crowd
    private let publisher: PacedPublisher

    init(_ bench: Bench, server: Server, second: Server) async throws {
        self.server = server
        self.sizes = bench.sizes
        self.near = try await Self.crowd(of: server, bench)
        self.far = try await Self.crowd(of: second, bench)
        let connections = try await bench.client.open(Self.publishers, port: server.port)
        self.publisher = PacedPublisher(connections: connections, rate: bench.sizes.pacedRate)
        try await self.publish(self.sizes.pacedRate)
    }

    func measure() async throws -> [Metric: Double] {
        try await self.publish(self.sizes.pacedRate * self.sizes.pacedSeconds)
        return [
            .latency: self.near.log.takeLatencies().percentile(0.99) ?? 0,
            .farLatency: self.far.log.takeLatencies().percentile(0.99) ?? 0,
        ]
    }

    func tearDown() async {
        await self.publisher.close()
        await self.near.close()
        await self.far.close()
    }

    private static func crowd(of server: Server, _ bench: Bench) async throws -> Crowd {
        try await .subscribers(Self.readers, of: server, from: bench.client, log: DeliveryLog(readsStamps: true))
    }

    /// Returns when every reader has every message.
    private func publish(_ messages: Int) async throws {
        let (dialect, size) = (self.server.dialect, self.sizes.payload)
        try await self.far.receive(messages * Self.readers) {
            try await self.near.receive(messages * Self.readers) {
                try await self.publisher.publish(messages) { dialect.fanOutRequest(Payload.stamped(size: size)) }
            }
        }
    }
}

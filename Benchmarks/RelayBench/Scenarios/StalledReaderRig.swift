import NIOCore

/// Subscribers and a publisher at a fixed rate, with or without one more subscriber that never reads.
struct StalledReaderRig: Rig {
    private static let publishers = 32
    /// Together more than the kernel buffers for a connection (some megabytes on loopback), so that the reader stalls
    /// before the measurement begins.
    private static let fillers = 256
    private static let fillerBytes = 60_000

    private let server: Server
    private let client: LoadClient
    private let sizes: Sizes
    private let stalledReaders: Int
    private let publisher: PacedPublisher
    /// Of the server as it started: memory that one round gave back counts in the next ones, too.
    private let residentAtStart: Double

    init(_ bench: Bench, server: Server, stalledReaders: Int) async throws {
        self.server = server
        self.client = bench.client
        self.sizes = bench.sizes
        self.stalledReaders = stalledReaders
        let connections = try await bench.client.open(Self.publishers, port: server.port)
        self.publisher = PacedPublisher(connections: connections, rate: bench.sizes.pacedRate)
        // What the server keeps of messages whoever reads is there before the measurement, and so is its allocator's slack.
        for _ in 0..<2 { try await Self.fill(self.publisher, server) }
        self.residentAtStart = ProcessUsage.of(server.process).residentBytes
    }

    /// Everything but the stalling happens in either case, with another reader in the stalled one's place, so that the
    /// difference is what it costs that it does not read.
    func measure() async throws -> [Metric: Double] {
        let stalled = try await self.early()
        try await Self.fill(self.publisher, self.server)
        let log = DeliveryLog(readsStamps: true)
        let crowd = try await Crowd.subscribers(self.sizes.readers, of: self.server, from: self.client, log: log)
        try await self.publish(self.sizes.pacedRate / 2, to: crowd)
        try await self.publish(self.sizes.pacedRate * self.sizes.pacedSeconds, to: crowd)
        let after = ProcessUsage.of(self.server.process)
        await crowd.close()
        await stalled.close()
        return [
            .growth: after.residentBytes - self.residentAtStart,
            .latency: log.takeLatencies().percentile(0.99) ?? 0,
        ]
    }

    /// The reader that is there before all others, and reads or does not.
    private func early() async throws -> Crowd {
        guard self.stalledReaders == 0 else {
            return try await Crowd.stalled(self.stalledReaders, of: self.server, from: self.client)
        }
        return try await Crowd.subscribers(1, of: self.server, from: self.client, log: DeliveryLog(readsStamps: false))
    }

    func tearDown() async {
        await self.publisher.close()
    }

    private static func fill(_ publisher: PacedPublisher, _ server: Server) async throws {
        guard let connection = publisher.connections.first else { return }
        let request = server.dialect.fanOutRequest(Payload.plain(size: Self.fillerBytes))
        for _ in 0..<Self.fillers {
            _ = try await connection.once(request).get()
        }
    }

    /// Returns when every reader has every message.
    private func publish(_ messages: Int, to crowd: Crowd) async throws {
        let (dialect, size) = (self.server.dialect, self.sizes.payload)
        try await crowd.receive(messages * self.sizes.readers) {
            try await self.publisher.publish(messages) { dialect.fanOutRequest(Payload.stamped(size: size)) }
        }
    }
}

import NIOCore

/// Publishers that send the next request as soon as the last is answered.
struct BurstRig: Rig {
    private let server: Server
    private let burst: PublishBurst
    private let request: ByteBuffer
    private let messagesPerRequest: Int
    private let seconds: Double

    init(
        _ bench: Bench,
        server: Server,
        publishers: Int,
        request: ByteBuffer,
        messagesPerRequest: Int = 1
    ) async throws {
        self.server = server
        self.burst = PublishBurst(connections: try await bench.client.open(publishers, port: server.port))
        self.request = request
        self.messagesPerRequest = messagesPerRequest
        self.seconds = bench.sizes.burstSeconds
        // What a first request costs, and the server's caches, are no part of the figure.
        _ = try await self.burst.run(request, seconds: min(0.3, self.seconds))
    }

    func measure() async throws -> [Metric: Double] {
        let before = ProcessUsage.of(self.server.process)
        let outcome = try await self.burst.run(self.request, seconds: self.seconds)
        let after = ProcessUsage.of(self.server.process)
        let messages = Double(outcome.answered * self.messagesPerRequest)
        return [
            .cpuPerMessage: (after.cpuMicroseconds - before.cpuMicroseconds) / messages,
            .rate: messages / outcome.seconds,
        ]
    }

    func tearDown() async {
        await self.burst.close()
    }
}

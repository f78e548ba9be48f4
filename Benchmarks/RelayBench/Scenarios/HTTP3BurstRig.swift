/// Publishers over HTTP/3 that send the next request as soon as the last is answered.
struct HTTP3BurstRig: Rig {
    private let server: Server
    private let burst: HTTP3Burst
    private let request: HTTP3Request
    private let seconds: Double

    init(_ bench: Bench, _ port: QUICPort, publishers: Int) async throws {
        self.server = port.server
        self.seconds = bench.sizes.burstSeconds
        let dialect = port.server.dialect
        let body = Payload.message(Payload.plain(size: bench.sizes.payload), topic: dialect.topic)
        self.request = .post(dialect.publishPath, body, token: dialect.token)
        self.burst = try await HTTP3Burst(publishers, port: port.port, from: bench.client)
        // What a first request costs, and the server's caches, are no part of the figure.
        _ = try await self.run(min(0.3, self.seconds))
    }

    private func run(_ seconds: Double) async throws -> Int {
        try await self.burst.run(self.request, seconds: seconds, mark: "timestamp")
    }

    func measure() async throws -> [Metric: Double] {
        let before = ProcessUsage.of(self.server.process)
        let answered = try await self.run(self.seconds)
        let after = ProcessUsage.of(self.server.process)
        return [.cpuPerMessage: (after.cpuMicroseconds - before.cpuMicroseconds) / Double(answered)]
    }

    func tearDown() async { await self.burst.close() }
}

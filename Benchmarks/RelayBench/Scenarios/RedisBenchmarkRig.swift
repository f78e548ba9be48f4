/// redis-benchmark against a server that is spoken to without a relay.
///
/// It takes a number of requests, not a time: as many as took a round's time when it was tried.
struct RedisBenchmarkRig: Rig {
    private static let trial = 20_000

    /// As long as the relay's messages have it: microseconds.
    private static let timestamp = "1234567890123456"

    private let benchmark: RedisBenchmark
    private let server: ServerProcess
    private let requests: Int

    init(_ bench: Bench, _ storage: SharedStorage, connections: Int, pipelined: Int) async throws {
        self.server = storage.process
        self.benchmark = RedisBenchmark(
            executable: storage.programs.benchmark,
            port: storage.port,
            connections: connections,
            pipelined: pipelined,
            command: [
                "XADD", "relay-bench", "*", "p", String(repeating: "x", count: bench.sizes.payload), "t",
                Self.timestamp,
            ]
        )
        let rate = try await self.benchmark.run(requests: Self.trial)
        self.requests = max(Self.trial, Int(rate * bench.sizes.burstSeconds))
    }

    func measure() async throws -> [Metric: Double] {
        let before = ProcessUsage.of(self.server)
        let rate = try await self.benchmark.run(requests: self.requests)
        let after = ProcessUsage.of(self.server)
        return [
            .rate: rate,
            .backendCPUPerMessage: (after.cpuMicroseconds - before.cpuMicroseconds) / Double(self.requests),
        ]
    }

    func tearDown() async {}
}

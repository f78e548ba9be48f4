/// WebSockets that connect, subscribe to one topic, and leave again, over and over: a crowd that reconnects.
struct ConnectScenario: Scenario {
    let name = "connect"

    func run(on bench: Bench) async -> [Row] {
        let measured = await bench.compare(
            Contender.each([.relay, .bare, .nchan]) { server in try await ConnectRig(bench, server: server) }
        )
        return [
            Row(
                "connect, subscribe and leave",
                unit: "us CPU/connection",
                figures: measured.figures(.cpuPerConnection),
                remarks: measured.remarks
            )
        ]
    }
}

private struct ConnectRig: Rig {
    private let server: Server
    private let client: LoadClient
    private let count: Int

    init(_ bench: Bench, server: Server) async throws {
        self.server = server
        self.client = bench.client
        self.count = bench.sizes.readers
        _ = try await self.measure()
    }

    func measure() async throws -> [Metric: Double] {
        let before = ProcessUsage.of(self.server.process)
        let crowd = try await Crowd.subscribers(self.count, of: self.server, from: self.client, log: DeliveryLog())
        await crowd.close()
        // The server notices the last of them a moment later.
        try await Task.sleep(for: .milliseconds(200))
        let after = ProcessUsage.of(self.server.process)
        return [.cpuPerConnection: (after.cpuMicroseconds - before.cpuMicroseconds) / Double(self.count)]
    }

    func tearDown() async {}
}

/// Resident memory of the server for each of 10,000 WebSocket subscribers of one topic on which nothing happens.
///
/// Measured once: a second crowd would find the first one's memory free to use.
struct IdleScenario: Scenario {
    let name = "idle"

    func run(on bench: Bench) async -> [Row] {
        let measured = await bench.compare(
            Contender.each([.relay, .bare, .nchan]) { server in
                try await MemoryRig(server: server, count: bench.sizes.idleReaders) { count in
                    try await .subscribers(count, of: server, from: bench.client, log: DeliveryLog())
                }
            },
            rounds: 1
        )
        return [
            Row(
                "\(bench.sizes.idleReaders) idle subscribers",
                unit: "bytes each",
                figures: measured.figures(.bytesEach),
                must: .relay(atMost: 5632),
                remarks: measured.remarks
            )
        ]
    }
}

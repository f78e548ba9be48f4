/// Resident memory of the server for each of 5,000 long polls that wait on one topic.
///
/// Bare NIO keeps the connection and forgets the request. Measured once, as ``IdleScenario`` is.
struct PollScenario: Scenario {
    let name = "poll"

    func run(on bench: Bench) async -> [Row] {
        let measured = await bench.compare(
            Contender.each([.relay, .bare, .nchan]) { server in
                try await MemoryRig(server: server, count: bench.sizes.waitingPolls) { count in
                    try await .polls(count, of: server, from: bench.client)
                }
            },
            rounds: 1
        )
        return [
            Row(
                "\(bench.sizes.waitingPolls) waiting polls",
                unit: "bytes each",
                figures: measured.figures(.bytesEach),
                must: .relay(atMost: 8192),
                remarks: measured.remarks
            )
        ]
    }
}

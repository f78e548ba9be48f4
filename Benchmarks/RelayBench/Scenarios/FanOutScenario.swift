/// One message to 1,000 WebSocket subscribers, 50 messages a second; what the publish itself costs is included.
///
/// Once evenly spaced and once in bursts, where a server can gather what it writes to a connection. Bare NIO frames a
/// message once, writes the same bytes to all connections below the frame encoder, and flushes each once in a turn of
/// its loop. Only the bursts have to be below nchan: evenly spaced, each delivery is a system call of its own for all
/// three, and what NIO adds to that is more than what nginx adds.
struct FanOutScenario: Scenario {
    let name = "fanout"
    private static let burst = 10

    func run(on bench: Bench) async -> [Row] {
        let title = "fan-out to \(bench.sizes.readers) WebSockets"
        return [
            await Self.row(title, burst: 1, must: .ratio(atMost: 1.3), on: bench),
            await Self.row(
                "\(title), bursts of \(Self.burst)",
                burst: Self.burst,
                must: .ratio(atMost: 1.3).and(.belowNchan),
                on: bench
            ),
        ]
    }

    private static func row(_ title: String, burst: Int, must: Must, on bench: Bench) async -> Row {
        let measured = await bench.compare(
            Contender.each([.relay, .bare, .nchan]) { server in
                try await FanOutRig(bench, server: server, burst: burst)
            }
        )
        return Row(
            title,
            unit: "us CPU/delivery",
            figures: measured.figures(.cpuPerDelivery),
            must: must,
            remarks: measured.remarks
        )
    }
}

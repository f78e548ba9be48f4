/// One message to 1,000 WebSocket subscribers, 50 messages a second; what the publish itself costs is included.
///
/// Bare NIO frames the message once and writes the same bytes to all connections below the frame encoder.
struct FanOutScenario: Scenario {
    static let name = "fanout"

    func run(on bench: Bench) async -> [Row] {
        let measured = await bench.compare(
            Contender.each([.relay, .bare, .nchan]) { server in try await FanOutRig(bench, server: server) }
        )
        return [
            Row(
                "fan-out to \(bench.sizes.readers) WebSockets",
                unit: "us CPU/delivery",
                figures: measured.figures(.cpuPerDelivery),
                must: .ratio(atMost: 1.3).and(.belowNchan),
                remarks: measured.remarks
            )
        ]
    }
}

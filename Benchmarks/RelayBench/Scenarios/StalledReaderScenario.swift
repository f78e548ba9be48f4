/// One subscriber that never reads among 1,000 that do: what it costs the server's memory and the others' latency.
///
/// Bare NIO, which queues without bound, shows what the relay must not do. The limits are our own: the latency within
/// half as much again, the memory within 4 MiB, where a queue of all that was published would take 12 MiB and more.
struct StalledReaderScenario: Scenario {
    let name = "stalled"
    private static let flatBytes = 4_194_304.0
    /// A round takes several seconds, four sides each.
    private static let mostRounds = 3

    private struct Side: Hashable, Sendable {
        var kind: ServerKind
        var stalledReaders: Int
    }

    func run(on bench: Bench) async -> [Row] {
        let sides = [ServerKind.relay, .bare].flatMap {
            [Side(kind: $0, stalledReaders: 0), Side(kind: $0, stalledReaders: 1)]
        }
        let measured = await bench.compare(
            sides.map { side in
                Contender(key: side, kind: side.kind, storage: .smallMemory) { server in
                    try await StalledReaderRig(bench, server: server, stalledReaders: side.stalledReaders)
                }
            },
            rounds: min(bench.rounds, Self.mostRounds)
        )
        return [Self.latencyRow(measured), Self.growthRow(measured)]
    }

    private static func latencyRow(_ measured: Measured<Side>) -> Row {
        let with = Side(kind: .relay, stalledReaders: 1)
        let figures = Figures(
            relay: measured.median(.latency, of: with),
            bare: measured.median(.latency, of: Side(kind: .bare, stalledReaders: 1)),
            ratio: measured.ratio(.latency, of: with, to: Side(kind: .relay, stalledReaders: 0))
        )
        return Row(
            "stalled reader, the others' latency",
            unit: "us p99",
            figures: figures,
            baseline: "no stalled reader",
            must: .ratio(atMost: 1.5),
            remarks: measured.remarks
        )
    }

    private static func growthRow(_ measured: Measured<Side>) -> Row {
        Row(
            "stalled reader, the server's memory",
            unit: "bytes more",
            figures: Figures(relay: Self.extraGrowth(.relay, measured), bare: Self.extraGrowth(.bare, measured)),
            baseline: "-",
            must: .relay(atMost: Self.flatBytes)
        )
    }

    private static func extraGrowth(_ kind: ServerKind, _ measured: Measured<Side>) -> Double? {
        guard let with = measured.median(.growth, of: Side(kind: kind, stalledReaders: 1)),
            let without = measured.median(.growth, of: Side(kind: kind, stalledReaders: 0))
        else { return nil }
        return with - without
    }
}

import Foundation

/// From the start of the program to its first answer, on a sqlite database that is there already.
struct StartScenario: Scenario {
    let name = "start"

    func run(on bench: Bench) async -> [Row] {
        let measured = await bench.compare([
            Contender(key: ServerKind.relay, running: .relay) { try await StartRig(bench.launcher) }
        ])
        return [
            Row(
                "start to /health",
                unit: "ms",
                figures: Figures(relay: measured.median(.startTime, of: .relay)),
                baseline: "-",
                must: .relay(atMost: 150),
                remarks: measured.remarks
            )
        ]
    }
}

private struct StartRig: Rig {
    private let launcher: Launcher
    private let directory = FileManager.default.temporaryDirectory.appending(path: "relay-bench-\(UUID().uuidString)")

    /// The first start makes the database and the administrator, which takes longer on purpose.
    init(_ launcher: Launcher) async throws {
        self.launcher = launcher
        _ = try await launcher.timeStart(dataDirectory: self.directory)
    }

    func measure() async throws -> [Metric: Double] {
        [.startTime: try await self.launcher.timeStart(dataDirectory: self.directory)]
    }

    func tearDown() async {
        try? FileManager.default.removeItem(at: self.directory)
    }
}

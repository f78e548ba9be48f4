import Foundation
import Glibc
import RelayDocuments

/// Updates of 10 MB without any server: the relay's library in this process against Yrs in Python's pycrdt, on the same bytes. Both read and
/// check the bytes each time. CPU time of the thread; of several times in a round the shortest.
struct DocumentAlgebraScenario: Scenario {
    let name = "documents-algebra"
    private static let repeats = 3

    func run(on bench: Bench) async -> [Row] {
        let update = LargeUpdate(bytes: bench.sizes.largeUpdateBytes)
        let measured = await bench.compare([
            Contender(key: ServerKind.relay, running: .relay) { OwnAlgebraRig(update: update, repeats: Self.repeats) },
            Contender(key: .yrs, running: .yrs) { try YrsRig(update: update, repeats: Self.repeats) },
        ])
        let size = "\(bench.sizes.largeUpdateBytes / 1_000_000) MB"
        return [
            Self.row("merge of two halves of an update of \(size)", .mergeTime, measured, remarks: measured.remarks),
            Self.row("difference of an update of \(size)", .diffTime, measured),
        ]
    }

    private static func row(_ title: String, _ metric: Metric, _ measured: Measured<ServerKind>, remarks: String = "")
        -> Row
    {
        Row(
            title,
            unit: "ms CPU",
            figures: Figures(
                relay: measured.median(metric, of: .relay),
                bare: measured.median(metric, of: .yrs),
                ratio: measured.ratio(metric, of: .relay, to: .yrs)
            ),
            baseline: "Yrs",
            must: .ratio(atMost: 2),
            remarks: remarks
        )
    }
}

private struct OwnAlgebraRig: Rig {
    let update: LargeUpdate
    let repeats: Int

    func measure() async throws -> [Metric: Double] {
        let known = try StateVector(self.update.known)
        return [
            .mergeTime: try self.shortest {
                Update.mergedBytes(try [Update(self.update.older), Update(self.update.newer)]).count
            },
            .diffTime: try self.shortest { try Update(self.update.whole).diff(against: known).count },
        ]
    }

    /// - Parameter body: returns how many bytes it has made.
    private func shortest(_ body: () throws -> Int) throws -> Double {
        var shortest = Double.infinity
        for _ in 0..<self.repeats {
            let start = Self.milliseconds
            guard try body() > self.update.older.count / 2 else { throw LoadError.documentIncomplete }
            shortest = min(shortest, Self.milliseconds - start)
        }
        return shortest
    }

    /// Of this thread's CPU time.
    private static var milliseconds: Double {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
    }

    func tearDown() async {}
}

private struct YrsRig: Rig {
    private struct Times: Decodable {
        var merge: Double
        var diff: Double
    }

    private let update: LargeUpdate
    private let repeats: Int
    private let python: URL

    init(update: LargeUpdate, repeats: Int) throws {
        self.update = update
        self.repeats = repeats
        self.python = try Self.interpreter()
    }

    func measure() async throws -> [Metric: Double] {
        let update = self.update
        let process = try ServerProcess(executable: self.python) { directory in
            for (name, bytes) in [
                ("older", update.older), ("newer", update.newer), ("whole", update.whole), ("known", update.known),
            ] {
                try Data(bytes).write(to: directory.appending(path: name))
            }
            return ["-c", Self.script, String(self.repeats)]
        }
        let said = try await process.output(within: .seconds(120))
        guard let times = try? JSONDecoder().decode(Times.self, from: Data(said.utf8)) else {
            throw LoadError.unreadable(said)
        }
        return [.mergeTime: times.merge, .diffTime: times.diff]
    }

    func tearDown() async {}

    /// The environment of the interop tests, which has pycrdt: `DOCUMENTS_PYTHON`, or what `scripts/make-interop-venv` has made.
    private static func interpreter() throws -> URL {
        if let path = ProcessInfo.processInfo.environment["DOCUMENTS_PYTHON"] { return URL(filePath: path) }
        var folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        while folder.pathComponents.count > 1 {
            folder = folder.deletingLastPathComponent()
            let python = folder.appending(path: "interop-venv/bin/python")
            if FileManager.default.isExecutableFile(atPath: python.path()) { return python }
        }
        throw LaunchError.notInstalled("interop-venv/bin/python")
    }

    private static let script = """
        import json, sys, time, pycrdt
        older, newer, whole, known = (open(name, "rb").read() for name in ("older", "newer", "whole", "known"))
        def shortest(body):
            times = []
            for _ in range(int(sys.argv[1])):
                start = time.thread_time()
                made = body()
                times.append((time.thread_time() - start) * 1e3)
                assert len(made) > len(older) / 2
            return min(times)
        print(json.dumps({
            "merge": shortest(lambda: pycrdt.merge_updates(older, newer)),
            "diff": shortest(lambda: pycrdt.get_update(whole, known)),
        }))
        """
}

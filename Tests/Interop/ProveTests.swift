import Foundation
import ProgramFixture
import Testing

/// `pulsar-relay prove` as operators run it: a process of its own, against the program as built.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct ProveTests {
    private static let quick = ["--duration", "3s", "--rate", "100", "--settle", "30s", "--seed", "11"]

    /// What one run of the command came to.
    private struct Outcome {
        let exit: ChildProcess.Exit
        let said: String
        /// Nil where it wrote none.
        let report: [String: Any]?

        var faults: [String: Int] {
            (self.report?["total"] as? [String: Any])?["faults"] as? [String: Int] ?? [:]
        }
    }

    private static func inFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "pulsar-relay-prove-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder)
    }

    private static func start(_ urls: [String], _ options: [String], in folder: URL) throws -> ChildProcess {
        var environment = Installation.environment
        environment["PULSAR_USERNAME"] = RelayUnderTest.username
        environment["PULSAR_PASSWORD"] = RelayUnderTest.password
        environment["XDG_CONFIG_HOME"] = folder.path()
        return try ChildProcess(
            Installation.relay,
            ["prove", "--json", "report.json"] + urls.flatMap { ["--server", $0] } + options,
            environment: environment,
            directory: folder,
            log: folder.appending(path: "prove.log")
        )
    }

    private static func outcome(of process: ChildProcess, in folder: URL) async throws -> Outcome {
        let exit = try await process.exit(within: .seconds(120))
        let data = try? Data(contentsOf: folder.appending(path: "report.json"))
        let report = try data.map { try JSONSerialization.jsonObject(with: $0) as? [String: Any] } ?? nil
        return Outcome(exit: exit, said: process.lastWords, report: report)
    }

    @Test("A relay that is killed and started again keeps its promises, and the topics are gone at the end")
    func killed() async throws {
        try await Self.inFolder { folder in
            let port = try await freePort()
            let first = try await RelayUnderTest.start([:], on: port, in: folder)
            let prove = try Self.start([first.url], ["--resume-every", "300ms"] + Self.quick, in: folder)
            try await Task.sleep(for: .milliseconds(1500))
            first.process.signal(SIGKILL)
            _ = try await first.process.exit(within: .seconds(5))
            let second = try await RelayUnderTest.start([:], on: port, in: folder)
            let outcome = try await Self.outcome(of: prove, in: folder)
            #expect(outcome.exit == .code(0), "\(outcome.said)")
            #expect(outcome.report?["verdict"] as? String == "held")
            #expect(outcome.report?["left_topics"] as? [String] == [])
            let total = try #require(outcome.report?["total"] as? [String: Any])
            #expect(try #require(total["acknowledged"] as? Int) > 50)
            #expect(try #require(total["recovered"] as? Int) > 0)
            try await second.stop()
        }
    }

    @Test(
        "A front that drops or repeats one delivery is found out",
        arguments: [(FaultyFront.Fault.drops, "lost"), (.repeats, "repeated")]
    )
    func faulty(fault: FaultyFront.Fault, name: String) async throws {
        try await Self.inFolder { folder in
            let port = try await freePort()
            let relay = try await RelayUnderTest.start([:], on: port, in: folder)
            try await FaultyFront.run(fault, before: port) { front in
                let options = [
                    "--readers", "websocket:2,poll:1", "--resume-every", "60s", "--topics", "2", "--peers", "0",
                ]
                let urls = ["http://127.0.0.1:\(front)"]
                let prove = try Self.start(urls, options + Self.quick + ["--settle", "3s"], in: folder)
                let outcome = try await Self.outcome(of: prove, in: folder)
                #expect(outcome.exit == .code(1), "\(outcome.said)")
                #expect(outcome.faults[name] == 2, "\(outcome.said)")
                #expect(outcome.faults.values.reduce(0, +) == 2, "\(outcome.said)")
            }
            try await relay.stop()
        }
    }

    @Test("A wrong password is 4, wrong usage is 2")
    func usage() async throws {
        try await Self.inFolder { folder in
            let relay = try await RelayUnderTest.start([:], in: folder)
            let nobody = try Self.start([relay.url], ["--username", "nobody"], in: folder)
            #expect(try await Self.outcome(of: nobody, in: folder).exit == .code(4))
            let wrong = try Self.start([relay.url], ["--readers", "pigeon:3"], in: folder)
            let outcome = try await Self.outcome(of: wrong, in: folder)
            #expect(outcome.exit == .code(2))
            #expect(outcome.said.contains("--readers"))
            try await relay.stop()
        }
    }
}

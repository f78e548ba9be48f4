import Foundation
import ProgramFixture
import Testing

/// `pulsar-relay prove`, at work on all nodes.
struct Proof {
    struct Outcome {
        let exit: ChildProcess.Exit
        let said: String
        let report: [String: Any]

        /// A number of all topics together.
        func total(_ name: String) -> Int {
            (self.report["total"] as? [String: Any])?[name] as? Int ?? -1
        }

        /// How often the peers of its session did something.
        func peers(_ name: String) -> Int { (self.report["peers"] as? [String: Int])?[name] ?? -1 }

        /// How often the members of its first topic did something.
        func members(_ name: String) -> Int { (self.report["members"] as? [String: Int])?[name] ?? -1 }

        /// How often each promise was broken, by its name.
        var faults: [String: Int] {
            let total = self.report["total"] as? [String: Any]
            return (total?["faults"] as? [String: Int] ?? [:]).filter { $0.value > 0 }
        }

        /// What HTTP requests were answered.
        var statuses: [Int] {
            let traffic = self.report["traffic"] as? [String: Any]
            return (traffic?["statuses"] as? [String: Any])?.keys.compactMap { Int($0) }.sorted() ?? []
        }
    }

    private let process: ChildProcess
    private let folder: URL

    static func start(on urls: [String], _ options: [String], in folder: URL) throws -> Proof {
        var environment = Installation.environment
        environment["PULSAR_USERNAME"] = Visitor.username
        environment["PULSAR_PASSWORD"] = Visitor.password
        environment["XDG_CONFIG_HOME"] = folder.path()
        let process = try ChildProcess(
            Installation.relay,
            ["prove", "--json", "report.json"] + urls.flatMap { ["--server", $0] } + options,
            environment: environment,
            directory: folder,
            log: folder.appending(path: "prove.log")
        )
        return Proof(process: process, folder: folder)
    }

    /// Ends publishing, and waits for the verdict.
    func outcome(within limit: Duration = .seconds(60)) async throws -> Outcome {
        self.process.signal(SIGINT)
        let exit = try await self.process.exit(within: limit)
        let data = (try? Data(contentsOf: self.folder.appending(path: "report.json"))) ?? Data()
        let report = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
        return Outcome(exit: exit, said: self.process.lastWords, report: report ?? [:])
    }
}

import Foundation
import ProgramFixture
import Testing

/// A document that is edited on two relays.
extension FaultMatrix {
    @Test(
        "20. A relay with editors of a document is killed: what was echoed is on the other, its people are gone, and all converge"
    )
    func documentEditors() async throws {
        try await Stage.run { stage in
            let script = try Self.start("documents_several.js", on: stage)
            try await Self.wait(for: "kill", of: script, on: stage)
            #expect(try await stage.nodes[0].end(by: SIGKILL) == .signal(SIGKILL))
            try await Self.wait(for: "start", of: script, on: stage)
            try await stage.nodes[0].start()
            #expect(try await script.exit(within: .seconds(60)) == .code(0), "\(script.lastWords)")
        }
    }

    private static func wait(for file: String, of script: ChildProcess, on stage: Stage) async throws {
        do {
            try await until("the script asks for \(file)", within: .seconds(90)) {
                FileManager.default.fileExists(atPath: stage.folder.appending(path: file).path())
            }
        } catch {
            throw NotInTime(description: "\(error); it said: \(script.lastWords)")
        }
    }

    private static func start(_ script: String, on stage: Stage) throws -> ChildProcess {
        let own = [
            "NODE_PATH": "/usr/share/nodejs",
            "OTHER_URL": stage.nodes[1].url,
            "RELAY_PASSWORD": Visitor.password,
            "RELAY_URL": stage.nodes[0].url,
            "RELAY_USERNAME": Visitor.username,
            "SCRATCH": stage.folder.path(),
        ]
        return try ChildProcess(
            URL(filePath: "/usr/bin/node"),
            [Installation.nodeScripts.appending(path: script).path()],
            environment: Installation.environment.merging(own) { $1 },
            directory: stage.folder,
            log: stage.folder.appending(path: "\(script).log")
        )
    }
}

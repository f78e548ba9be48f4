import Foundation
import ProgramFixture
import Testing
import ValkeyFixture

/// One row of the fault matrix: a server, two relays on it, each over a link of its own, and a prover at work on both.
struct Stage: ProvingGround {
    let folder: URL
    let valkey: ValkeyServerProcess
    let links: [FaultyLink]
    let nodes: [Node]

    /// Ends all of it, whatever happens.
    ///
    /// - Parameter reachable: whether the relays reach each other.
    static func run(
        _ options: ValkeyServerOptions = ValkeyServerOptions(isDurable: true),
        settings: [String: String] = [:],
        reachable: Bool = false,
        _ body: (Stage) async throws -> Void
    ) async throws {
        try await Self.inFolder { folder in
            try await ValkeyServerProcess.with(options) { valkey in
                let stage = try await Self.make(valkey, settings, folder, reachable)
                let result: Result<Void, any Error>
                do {
                    result = .success(try await stage.withNodes { try await body(stage) })
                } catch {
                    result = .failure(error)
                }
                for link in stage.links { try await link.stop() }
                try result.get()
            }
        }
    }

    private static func make(
        _ valkey: ValkeyServerProcess,
        _ settings: [String: String],
        _ folder: URL,
        _ reachable: Bool
    ) async throws -> Stage {
        var links: [FaultyLink] = []
        var nodes: [Node] = []
        for _ in 0..<2 {
            let link = try await FaultyLink.start(to: valkey.port)
            links.append(link)
            let (valkey, port) = (Node.server(on: link.port), try await freePort())
            let url = reachable ? ["NODE_URL": "http://127.0.0.1:\(port)"] : [:]
            let own = settings.merging(url) { $1 }
            nodes.append(Node(port: port, valkey: valkey, settings: own, folder: folder))
        }
        return Stage(folder: folder, valkey: valkey, links: links, nodes: nodes)
    }

    /// Gives the server one command.
    ///
    /// - Returns: its answer as text.
    func command(_ words: String..., port: Int? = nil, password: String = "") async throws -> String {
        let log = self.folder.appending(path: "command-\(UUID().uuidString).log")
        var environment = Installation.environment
        if !password.isEmpty { environment["REDISCLI_AUTH"] = password }
        let process = try ChildProcess(
            URL(filePath: "/usr/bin/env"),
            ["redis-cli", "-p", String(port ?? self.valkey.port)] + words,
            environment: environment,
            directory: self.folder,
            log: log
        )
        #expect(try await process.exit(within: .seconds(10)) == .code(0))
        return process.lastWords.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

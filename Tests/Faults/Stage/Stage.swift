import Foundation
import ProgramFixture
import Testing
import ValkeyFixture

/// One row of the fault matrix: a server, two relays on it, each over a link of its own, and a prover at work on both.
struct Stage {
    let folder: URL
    let valkey: ValkeyServerProcess
    let links: [FaultyLink]
    let nodes: [Node]

    /// Ends all of it, whatever happens.
    static func run(
        _ options: ValkeyServerOptions = ValkeyServerOptions(isDurable: true),
        settings: [String: String] = [:],
        _ body: (Stage) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "pulsar-relay-faults-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await ValkeyServerProcess.with(options) { valkey in
            let stage = try await Self.make(valkey, settings, folder)
            let result: Result<Void, any Error>
            do {
                for node in stage.nodes { try await node.start() }
                for node in stage.nodes { try await node.visitor.logIn() }
                result = .success(try await body(stage))
            } catch {
                result = .failure(error)
            }
            for node in stage.nodes { try await node.end(by: SIGKILL) }
            for link in stage.links { try await link.stop() }
            try result.get()
        }
    }

    private static func make(
        _ valkey: ValkeyServerProcess,
        _ settings: [String: String],
        _ folder: URL
    ) async throws -> Stage {
        var links: [FaultyLink] = []
        var nodes: [Node] = []
        for _ in 0..<2 {
            let link = try await FaultyLink.start(to: valkey.port)
            links.append(link)
            nodes.append(Node(port: try await freePort(), valkey: link.port, settings: settings, folder: folder))
        }
        return Stage(folder: folder, valkey: valkey, links: links, nodes: nodes)
    }

    /// Publishes at a modest rate until its outcome is asked for, with two readers of each kind, which change nodes all the time.
    ///
    /// Returns when messages flow.
    func prove(_ options: String...) async throws -> Proof {
        let usual = [
            "--duration", "60s", "--rate", "100", "--topics", "3", "--publishers", "3", "--readers",
            "websocket:2,poll:2,sse:2",
            "--resume-every", "1s", "--settle", "20s", "--seed", "7",
        ]
        let proof = try Proof.start(on: self.nodes.map(\.url), usual + options, in: self.folder)
        try await self.published(50)
        return proof
    }

    /// Waits until so many more messages were stored.
    func published(_ count: Double, on node: Int? = nil) async throws {
        let before = try await self.received(on: node)
        try await until("\(count) more messages") { try await self.received(on: node) >= before + count }
    }

    private func received(on node: Int?) async throws -> Double {
        var sum = 0.0
        for (index, visited) in self.nodes.enumerated() where node.map({ $0 == index }) ?? true {
            sum += try await visited.visitor.counter("relay_messages_received_total")
        }
        return sum
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

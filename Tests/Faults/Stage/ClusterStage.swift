import Foundation
import NIOHTTP1
import ProgramFixture
import Testing
import ValkeyFixture

/// One row of the fault matrix on a cluster: three masters, two relays on them, and a prover at work on both.
struct ClusterStage: ProvingGround {
    /// Where users, tokens and topics' records are.
    static let controlTag = "!"

    let folder: URL
    let cluster: ValkeyClusterProcess
    let nodes: [Node]

    /// Ends all of it, whatever happens.
    static func run(
        _ options: ValkeyServerOptions = ValkeyServerOptions(isDurable: true),
        withReplicas: Bool = false,
        settings: [String: String] = [:],
        _ body: (ClusterStage) async throws -> Void
    ) async throws {
        try await Self.inFolder { folder in
            try await ValkeyClusterProcess.with(options, withReplicas: withReplicas) { cluster in
                var nodes: [Node] = []
                for _ in 0..<2 {
                    let valkey = Node.cluster(cluster)
                    nodes.append(Node(port: try await freePort(), valkey: valkey, settings: settings, folder: folder))
                }
                let stage = ClusterStage(folder: folder, cluster: cluster, nodes: nodes)
                try await stage.withNodes { try await body(stage) }
            }
        }
    }

    /// The topics that the prover publishes to.
    func provenTopics() async throws -> [String] {
        let answer = try await self.nodes[0].visitor.ask(.GET, "/api/v1/topics")
        let list = try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [[String: Any]]
        let names = (list ?? []).compactMap { $0["topic_name"] as? String }
        return names.filter { $0.hasPrefix("prove-") && !$0.hasSuffix("-quiet") }.sorted()
    }

    /// - Parameter tag: a topic's name, or ``controlTag``.
    func slot(of tag: String) async throws -> Int {
        let running = try self.running
        return try #require(Int(try await self.cluster.command(running, ["CLUSTER", "KEYSLOT", "{\(tag)}"])))
    }

    /// The master that has it, as the first node that runs knows.
    func owner(of tag: String) async throws -> Int {
        let slot = try await self.slot(of: tag)
        return try #require(try await self.cluster.owner(of: slot, asking: try self.running))
    }

    private var running: Int {
        get throws { try #require(self.cluster.nodes.firstIndex { $0.isRunning }) }
    }

    /// Moves it to a master, unless it is there.
    func bring(_ tag: String, to master: Int) async throws {
        let owner = try await self.owner(of: tag)
        guard owner != master else { return }
        try await self.cluster.move(try await self.slot(of: tag), from: owner, to: master)
        try await until("the news gets around") { try await self.owner(of: tag) == master }
    }

    /// Moves it to the next master. Some of the load meets it on its way.
    func moveUnderLoad(_ tag: String) async throws {
        let (slot, source) = (try await self.slot(of: tag), try await self.owner(of: tag))
        let target = (source + 1) % self.cluster.masterCount
        let before = try await self.redirects([source, target])
        try await self.cluster.beginMove(slot, from: source, to: target)
        try await self.cluster.moveKeys(slot, from: source, to: target)
        try await until("somebody meets the move") { try await self.redirects([source, target]) > before }
        try await self.cluster.endMove(slot, from: source, to: target)
        try await until("the news gets around") { try await self.owner(of: tag) == target }
    }

    /// How often nodes have said that a key is on its way.
    private func redirects(_ nodes: [Int]) async throws -> Int {
        var count = 0
        for node in nodes {
            for line in try await self.cluster.command(node, ["INFO", "errorstats"]).split(separator: "\n")
            where line.hasPrefix("errorstat_ASK") || line.hasPrefix("errorstat_TRYAGAIN") {
                count += Int(line.drop { $0 != "=" }.dropFirst()) ?? 0
            }
        }
        return count
    }
}

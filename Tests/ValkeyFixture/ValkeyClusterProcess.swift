import NIOCore
import NIOPosix
public import RelayValkey

/// A cluster of a test's own: masters, each with a replica if wanted, all on 127.0.0.1. The slots are dealt evenly. Stop it before the
/// test ends.
///
/// Nodes are told by index: masters first, then the replicas in the order of their masters.
public final class ValkeyClusterProcess: Sendable {
    public static let slotCount = 16_384

    public let nodes: [ValkeyServerProcess]
    public let masterCount: Int
    /// Where a client may begin.
    public let seeds: [ValkeyAddress]
    /// What nodes announce in place of their address.
    private let hostname: String?
    /// A client of each node alone.
    private let clients: [ValkeyNode]
    /// How a node gets into another to move keys there.
    private let moveOptions: [String]
    /// How long a node may be silent before it counts as failed, in milliseconds.
    private static let nodeTimeout = 1_000

    private init(
        nodes: [ValkeyServerProcess],
        masterCount: Int,
        hostname: String?,
        _ options: ValkeyServerOptions
    ) throws {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        self.nodes = nodes
        self.hostname = hostname
        self.seeds = nodes.map { ValkeyAddress(host: hostname ?? "127.0.0.1", port: $0.port) }
        self.clients = try self.seeds.map { try ValkeyNode($0, options.clientConfiguration, loops: [loop]) }
        self.masterCount = masterCount
        self.moveOptions = options.password.map { ["AUTH", $0] } ?? []
    }

    /// Starts the nodes and makes a cluster of them. Returns when every node finds it well.
    ///
    /// - Parameters:
    ///   - options: of every node.
    ///   - hostname: what nodes announce in place of their address, which it must be a name of.
    public static func start(
        _ options: ValkeyServerOptions = ValkeyServerOptions(),
        masters: Int = 3,
        withReplicas: Bool = false,
        hostname: String? = nil
    ) async throws -> ValkeyClusterProcess {
        let member = options.ofClusterMember(nodeTimeout: Self.nodeTimeout, hostname: hostname)
        let count = withReplicas ? 2 * masters : masters
        var nodes: [ValkeyServerProcess] = []
        do {
            for _ in 0..<count { nodes.append(try await ValkeyServerProcess.start(member)) }
            let cluster = try ValkeyClusterProcess(nodes: nodes, masterCount: masters, hostname: hostname, options)
            do {
                try await cluster.form()
            } catch {
                await cluster.stop()
                throw error
            }
            return cluster
        } catch {
            for node in nodes { await node.stop() }
            throw error
        }
    }

    /// Starts one, runs the body, and stops it whatever happens.
    public static func with<Value>(
        _ options: ValkeyServerOptions = ValkeyServerOptions(),
        masters: Int = 3,
        withReplicas: Bool = false,
        hostname: String? = nil,
        _ body: (ValkeyClusterProcess) async throws -> Value
    ) async throws -> Value {
        let cluster = try await self.start(
            options,
            masters: masters,
            withReplicas: withReplicas,
            hostname: hostname
        )
        do {
            let value = try await body(cluster)
            await cluster.stop()
            return value
        } catch {
            await cluster.stop()
            throw error
        }
    }

    public func stop() async {
        for client in self.clients { await client.close() }
        for node in self.nodes { await node.stop() }
    }

    // MARK: - What it is like

    /// The index of the master that serves a slot, as the node that is asked knows it.
    public func owner(of slot: Int, asking node: Int) async throws -> Int? {
        let lines = try await self.command(node, ["CLUSTER", "NODES"]).split(separator: "\n")
        for line in lines {
            let fields = line.split(separator: " ")
            guard fields.count > 8, !fields[2].contains("fail"), Self.holds(fields[8...], slot) else { continue }
            return self.nodes.firstIndex { fields[1].hasPrefix("127.0.0.1:\($0.port)@") }
        }
        return nil
    }

    /// Waits until every node that runs finds the cluster well, and every replica is in step.
    public func waitUntilWell() async throws {
        try await self.wait("cluster_state:ok") {
            for node in self.nodes.indices where self.nodes[node].isRunning {
                let info = try await self.command(node, ["CLUSTER", "INFO"])
                guard info.contains("cluster_state:ok"), info.contains("cluster_slots_ok:\(Self.slotCount)") else {
                    return false
                }
                let replication = try await self.command(node, ["INFO", "replication"])
                guard !replication.contains("master_link_status:down") else { return false }
            }
            return true
        }
    }

    /// Waits until a master's replica has what the master has now. `WAIT` would tell only of what its own connection wrote.
    public func waitUntilReplicated(_ master: Int) async throws {
        let offset = try await self.offset("master_repl_offset", of: master)
        try await self.wait("a replica in step") {
            try await self.offset("slave_repl_offset", of: self.masterCount + master) >= offset
        }
    }

    private func offset(_ name: String, of node: Int) async throws -> Int {
        let lines = try await self.command(node, ["INFO", "replication"]).split(separator: "\n")
        return lines.first { $0.hasPrefix("\(name):") }.flatMap { Int($0.dropFirst(name.count + 1)) } ?? 0
    }

    // MARK: - What can happen to it

    /// Marks a slot as moving, at both ends.
    public func beginMove(_ slot: Int, from source: Int, to target: Int) async throws {
        let (sourceID, targetID) = (try await self.id(source), try await self.id(target))
        try await self.command(target, ["CLUSTER", "SETSLOT", "\(slot)", "IMPORTING", sourceID])
        try await self.command(source, ["CLUSTER", "SETSLOT", "\(slot)", "MIGRATING", targetID])
    }

    /// Moves the keys that a moving slot has by now.
    public func moveKeys(_ slot: Int, from source: Int, to target: Int) async throws {
        while true {
            let keys = try await self.command(source, ["CLUSTER", "GETKEYSINSLOT", "\(slot)", "100"])
                .split(separator: "\n").map(String.init)
            guard !keys.isEmpty else { return }
            let port = "\(self.nodes[target].port)"
            try await self.command(
                source,
                ["MIGRATE", "127.0.0.1", port, "", "0", "5000"] + self.moveOptions + ["KEYS"] + keys
            )
        }
    }

    /// Makes a moving slot the target's.
    public func endMove(_ slot: Int, from source: Int, to target: Int) async throws {
        let id = try await self.id(target)
        for node in [target, source] {
            try await self.command(node, ["CLUSTER", "SETSLOT", "\(slot)", "NODE", id])
        }
    }

    /// Moves a slot with all its keys, as an operator does it.
    public func move(_ slot: Int, from source: Int, to target: Int) async throws {
        try await self.beginMove(slot, from: source, to: target)
        try await self.moveKeys(slot, from: source, to: target)
        try await self.endMove(slot, from: source, to: target)
    }

    /// Kills a master, and returns when its replica serves its slots.
    public func failOver(_ master: Int) async throws {
        let replica = self.masterCount + master
        await self.nodes[master].kill()
        try await self.wait("a new master") {
            try await self.command(replica, ["ROLE"]).hasPrefix("master")
        }
        try await self.waitUntilWell()
    }

    /// Sends a command to one node.
    ///
    /// - Returns: its reply as text, one line for each value.
    @discardableResult
    public func command(_ node: Int, _ arguments: [String]) async throws -> String {
        let command = ValkeyCommand(arguments.map { ValkeyArgument($0) })
        return Self.lines(try await self.clients[node].send(command)).joined(separator: "\n")
    }

    private static func lines(_ reply: ValkeyReply) -> [String] {
        switch reply {
        case .array(let values): values.flatMap { self.lines($0) }
        case .integer(let number): ["\(number)"]
        case .error(let error): ["\(error)"]
        case .null: [""]
        case .string, .status: [String((reply.text ?? "").map { $0 == "\r\n" ? "\n" : $0 })]
        }
    }

    // MARK: - Making it

    private func form() async throws {
        try await self.wait("connections") { self.clients.allSatisfy(\.isConnected) }
        for master in 0..<self.masterCount {
            // Epochs of their own, so that no two have to be settled first.
            try await self.command(master, ["CLUSTER", "SET-CONFIG-EPOCH", "\(master + 1)"])
            let range =
                (master * Self.slotCount / self.masterCount)..<((master + 1) * Self.slotCount / self.masterCount)
            try await self.command(
                master,
                ["CLUSTER", "ADDSLOTSRANGE", "\(range.lowerBound)", "\(range.upperBound - 1)"]
            )
        }
        for node in self.nodes.dropFirst() {
            try await self.command(0, ["CLUSTER", "MEET", "127.0.0.1", "\(node.port)"])
        }
        for replica in self.masterCount..<self.nodes.count {
            let master = try await self.id(replica - self.masterCount)
            try await self.wait("acquaintance") {
                try await self.command(replica, ["CLUSTER", "NODES"]).contains(master)
            }
            try await self.command(replica, ["CLUSTER", "REPLICATE", master])
        }
        try await self.wait("acquaintance") {
            for node in self.nodes.indices {
                let info = try await self.command(node, ["CLUSTER", "INFO"])
                guard info.contains("cluster_known_nodes:\(self.nodes.count)\n") else { return false }
                guard let hostname = self.hostname else { continue }
                let names =
                    try await self.command(node, ["CLUSTER", "NODES"]).split(separator: ",\(hostname)").count - 1
                guard names == self.nodes.count else { return false }
            }
            return true
        }
        try await self.waitUntilWell()
    }

    private func id(_ node: Int) async throws -> String {
        try await self.command(node, ["CLUSTER", "MYID"])
    }

    /// Looks again and again: a node tells nobody when it has changed its mind. Twenty seconds at most.
    private func wait(_ what: String, until isSo: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            if try await isSo() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw ValkeyServerProcess.Failure(description: "the cluster never came to \(what)")
    }

    private static func holds(_ ranges: ArraySlice<Substring>, _ slot: Int) -> Bool {
        ranges.contains { range in
            let ends = range.split(separator: "-").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last else { return false }
            return first <= slot && slot <= last
        }
    }
}

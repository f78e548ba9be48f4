import NIOCore
import SeededRandom
import Testing
import ValkeyFixture

@testable import RelayValkey

/// One cluster for each test, since each is hard on its own.
@Suite(.timeLimit(.minutes(2)), .serialized)
struct ClusterTests {
    @Test("Keys of all slots are set and read, from one seed, and servers agree about the slots", arguments: [1])
    func spread(_ seed: UInt64) async throws {
        try await Self.run { process, cluster in
            var random = SeededGenerator(seed: seed)
            for _ in 0..<200 {
                let key = (0..<Int.random(in: 1...12, using: &random))
                    .map { _ in "ab{}:"[Int.random(in: 0..<5, using: &random)] }.joined()
                let slot = try await process.command(0, ["CLUSTER", "KEYSLOT", key])
                #expect("\(HashSlot.of(key.utf8))" == slot)
            }
            for index in 0..<300 {
                _ = try await cluster.send(
                    ValkeyCommand("SET", "key\(index)", ValkeyArgument(index)),
                    key: "key\(index)"
                )
            }
            for index in 0..<300 {
                let reply = try await cluster.send(ValkeyCommand("GET", "key\(index)"), key: "key\(index)")
                #expect(reply.text == "\(index)")
            }
            #expect(cluster.masters.count == 3)
            for node in cluster.masters {
                #expect(try await node.send(ValkeyCommand("DBSIZE")).integer ?? 0 > 50)
            }
        }
    }

    @Test("While a slot moves, and after it has, every command gets there, and nothing runs twice")
    func move() async throws {
        try await Self.run { process, cluster in
            let slot = HashSlot.of("tag".utf8)
            let source = try #require(try await process.owner(of: slot, asking: 0))
            let target = (source + 1) % 3
            _ = try await cluster.send(ValkeyCommand("SET", "{tag}there", "x"), key: "{tag}there")
            try await process.beginMove(slot, from: source, to: target)
            // Not at the source: it says ASK.
            for _ in 0..<10 { _ = try await cluster.send(ValkeyCommand("INCR", "{tag}new"), key: "{tag}new") }
            // Keys of one slot at two servers, several at a time.
            let both = try await cluster.send(
                [ValkeyCommand("GET", "{tag}there"), ValkeyCommand("INCR", "{tag}new")],
                key: "{tag}new"
            )
            #expect(both == [.text("x"), .integer(11)])
            // What follows a command goes where that goes: to the target, which has these two keys.
            let pair = await withCheckedContinuation { continuation in
                let command = ValkeyCommand("INCR", "{tag}other")
                cluster.send(command, followedBy: [ValkeyCommand("DBSIZE")], key: "{tag}other", deadline: nil) {
                    continuation.resume(returning: $0)
                }
            }
            #expect(try pair.get() == [.integer(1), .integer(2)])
            // Neither server has both: TRYAGAIN, until the move is over.
            async let values = cluster.send(ValkeyCommand("MGET", "{tag}there", "{tag}new"), key: "{tag}new")
            try await process.moveKeys(slot, from: source, to: target)
            try await process.endMove(slot, from: source, to: target)
            #expect(try await values == .array([.text("x"), .text("11")]))
            #expect(try await cluster.send(ValkeyCommand("INCR", "{tag}new"), key: "{tag}new") == .integer(12))
            #expect(cluster.map.owner(of: slot)?.port == process.nodes[target].port)
        }
    }

    @Test("Scripts run at the slot's master, which is sent their source when it is new to it")
    func scripts() async throws {
        try await Self.run { process, cluster in
            let script = ValkeyScript("return redis.call('INCR', KEYS[1])")
            for tag in ["a", "b", "c", "d"] {
                #expect(try await cluster.run(script, keys: ["{\(tag)}k"]) == .integer(1))
            }
            let slot = HashSlot.of("a".utf8)
            let source = try #require(try await process.owner(of: slot, asking: 0))
            for target in [(source + 1) % 3, (source + 2) % 3] {
                let from = try #require(try await process.owner(of: slot, asking: target))
                try await process.move(slot, from: from, to: target)
                _ = try await cluster.run(script, keys: ["{a}k"])
            }
            #expect(try await cluster.run(script, keys: ["{a}k"]) == .integer(4))
        }
    }

    @Test("When a master is killed, commands wait for its replica, and those that may have run are told apart")
    func failover() async throws {
        try await Self.run(withReplicas: true) { process, cluster in
            let slot = HashSlot.of("k".utf8)
            let master = try #require(try await process.owner(of: slot, asking: 0))
            _ = try await cluster.send(ValkeyCommand("SET", "k", "0"), key: "k")
            try await process.waitUntilReplicated(master)
            let client = Task {
                var (acknowledged, unknown) = (0, 0)
                while !Task.isCancelled {
                    do throws(ValkeyError) {
                        _ = try await cluster.send(ValkeyCommand("INCR", "k"), key: "k")
                        acknowledged += 1
                    } catch {
                        guard error.mayHaveRun || error.code == .unavailable else { throw error }
                        if error.mayHaveRun { unknown += 1 }
                    }
                }
                return (acknowledged, unknown)
            }
            try await process.failOver(master)
            _ = try await cluster.send(ValkeyCommand("PING"), key: "k")
            client.cancel()
            let (acknowledged, unknown) = try await client.value
            let value = Int(try await cluster.send(ValkeyCommand("GET", "k"), key: "k").text ?? "") ?? 0
            #expect(acknowledged > 0)
            // A replica may lack the last few that the master had acknowledged; nothing has run twice.
            #expect(value <= acknowledged + unknown)
            #expect(cluster.map.owner(of: slot)?.port == process.nodes[3 + master].port)
        }
    }

    @Test("A slot that nobody serves is told as such at the deadline")
    func down() async throws {
        try await Self.run { process, cluster in
            let master = try #require(try await process.owner(of: HashSlot.of("k".utf8), asking: 0))
            await process.nodes[master].kill()
            let start = ContinuousClock.now
            for _ in 0..<2 {
                do throws(ValkeyError) {
                    _ = try await cluster.send(ValkeyCommand("INCR", "k"), key: "k", deadline: .now() + .seconds(1))
                    Issue.record("somebody answered")
                } catch {
                    #expect(error.code == .unavailable || error.mayHaveRun)
                }
            }
            #expect(ContinuousClock.now - start < .seconds(4))
            #expect(!cluster.isConnected)
        }
    }

    @Test("Closing ends commands that wait for their slot")
    func closing() async throws {
        try await Self.run { process, cluster in
            let master = try #require(try await process.owner(of: HashSlot.of("k".utf8), asking: 0))
            await process.nodes[master].kill()
            async let outcome = failure(of: cluster)
            while cluster.isConnected { await Task.yield() }
            await cluster.close()
            let error = await outcome
            #expect(error?.code == .closed || error?.mayHaveRun == true)
        }
    }

    /// A cluster, and a client that is connected to all of it.
    static func run(
        withReplicas: Bool = false,
        _ body: (ValkeyClusterProcess, ValkeyCluster) async throws -> Void
    ) async throws {
        try await ValkeyClusterProcess.with(withReplicas: withReplicas) { (process) async throws in
            let changes = EventLog<Void>()
            let add = changes.add
            let cluster = try ValkeyCluster(seeds: [process.seeds[0]], ValkeyConfiguration(), loops: loops) { add(()) }
            if !cluster.isConnected { await changes.first { cluster.isConnected } }
            do {
                try await body(process, cluster)
                await cluster.close()
            } catch {
                await cluster.close()
                throw error
            }
        }
    }
}

private func failure(of cluster: ValkeyCluster) async -> ValkeyError? {
    do throws(ValkeyError) {
        while true { _ = try await cluster.send(ValkeyCommand("INCR", "k"), key: "k") }
    } catch {
        return error
    }
}

extension String {
    fileprivate subscript(index: Int) -> String {
        String(self[self.index(self.startIndex, offsetBy: index)])
    }
}

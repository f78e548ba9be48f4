import NIOCore
import Testing
import ValkeyFixture

@testable import RelayValkey

/// Clusters that don't let just anybody in, or that go by names.
@Suite(.timeLimit(.minutes(2)), .serialized)
struct ClusterAccessTests {
    private static let options = ValkeyServerOptions(password: "right")

    @Test("With TLS and a password every master is reached, a slot moves, and a subscription follows it")
    func tls() async throws {
        let certificates = try TLSCertificates.make()
        defer { certificates.remove() }
        var options = Self.options
        options.tls = certificates
        try await Self.check(options, hostname: nil)
    }

    @Test("Nodes that announce names are reached by them: certificates need not have addresses")
    func hostnames() async throws {
        let certificates = try TLSCertificates.make(names: "DNS:localhost")
        defer { certificates.remove() }
        var options = Self.options
        options.tls = certificates
        try await Self.check(options, hostname: "localhost")
    }

    @Test("With TLS, a password and names, a replica that takes over is reached")
    func failover() async throws {
        let certificates = try TLSCertificates.make(names: "DNS:localhost")
        defer { certificates.remove() }
        var options = Self.options
        options.tls = certificates
        try await ValkeyClusterProcess.with(options, withReplicas: true, hostname: "localhost") {
            (process) async throws in
            try await Self.withCluster(process, options) { cluster in
                _ = try await cluster.send(ValkeyCommand("SET", "k", "kept"), key: "k")
                let slot = HashSlot.of("k".utf8)
                let master = try #require(try await process.owner(of: slot, asking: 0))
                try await process.waitUntilReplicated(master)
                try await process.failOver(master)
                // Its first tries may meet the old map.
                let deadline = NIODeadline.now() + .seconds(20)
                let reply = try await cluster.send(ValkeyCommand("GET", "k"), key: "k", deadline: deadline)
                #expect(reply.text == "kept")
                let home = ValkeyAddress(host: "localhost", port: process.nodes[3 + master].port)
                #expect(cluster.map.owner(of: slot) == home)
            }
        }
    }

    @Test("A wrong password is told as such, without it")
    func wrongPassword() async throws {
        try await ValkeyClusterProcess.with(Self.options) { (process) async throws in
            let changes = EventLog<Void>()
            let add = changes.add
            let configuration = ValkeyConfiguration(password: "wrong")
            let cluster = try ValkeyCluster(seeds: process.seeds, configuration, loops: loops) { add(()) }
            await changes.first { if case .refused = cluster.state { true } else { false } }
            let state = cluster.state
            await cluster.close()
            guard case .refused(let message) = state else {
                Issue.record("it is \(state)")
                return
            }
            #expect(message.hasPrefix("WRONGPASS") && !message.contains("wrong"))
        }
    }

    /// Reads and writes at every master, and listens to a channel whose slot moves.
    private static func check(_ options: ValkeyServerOptions, hostname: String?) async throws {
        try await ValkeyClusterProcess.with(options, hostname: hostname) { (process) async throws in
            try await self.withCluster(process, options) { cluster in
                for index in 0..<30 {
                    let key = ValkeyArgument("key\(index)")
                    _ = try await cluster.send(ValkeyCommand("SET", key, "x"), key: key)
                }
                #expect(Set(cluster.masters.map(\.address)) == Set(process.seeds))
                try await self.move(process, cluster)
            }
        }
    }

    private static func move(_ process: ValkeyClusterProcess, _ cluster: ValkeyCluster) async throws {
        let heard = EventLog<ValkeySubscriberEvent>()
        let subscriber = ValkeyClusterSubscriber(cluster, loop: loops[0], handler: heard.add)
        let channel = ValkeyChannel("{tag}news", isSharded: true)
        subscriber.subscribe(channel)
        await heard.first { if case .subscribed(channel) = $0 { true } else { false } }
        _ = try await cluster.send(ValkeyCommand("SET", "{tag}k", "x"), key: "{tag}k")
        let slot = HashSlot.of("tag".utf8)
        let source = try #require(try await process.owner(of: slot, asking: 0))
        let target = (source + 1) % process.masterCount
        try await process.move(slot, from: source, to: target)
        #expect(try await cluster.send(ValkeyCommand("GET", "{tag}k"), key: "{tag}k").text == "x")
        #expect(cluster.map.owner(of: slot) == process.seeds[target])
        await heard.first { if case .subscribed(channel) = $0 { true } else { false } }
        _ = try await cluster.send(ValkeyCommand("SPUBLISH", "{tag}news", "hello"), key: "{tag}news")
        await heard.first { if case .message(channel, _) = $0 { true } else { false } }
        await subscriber.close()
    }

    /// A client that is connected to all of it.
    private static func withCluster(
        _ process: ValkeyClusterProcess,
        _ options: ValkeyServerOptions,
        _ body: (ValkeyCluster) async throws -> Void
    ) async throws {
        let changes = EventLog<Void>()
        let add = changes.add
        let seeds = [process.seeds[0]]
        let cluster = try ValkeyCluster(seeds: seeds, options.clientConfiguration, loops: loops) { add(()) }
        if !cluster.isConnected { await changes.first { cluster.isConnected } }
        do {
            try await body(cluster)
            await cluster.close()
        } catch {
            await cluster.close()
            throw error
        }
    }
}

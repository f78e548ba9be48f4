import NIOCore
import NIOPosix
import RelayAccess
import RelayCore
import RelayStorage
import RelayValkey
import RelayWire
import StoreContract
import Testing
import ValkeyFixture

@Suite("A server in trouble", .timeLimit(.minutes(1)))
struct ServerFaultTests {
    private let topic = TopicKey.named("t")

    @Test("a wrong password is said so, at once")
    func wrongPassword() async throws {
        try await ValkeyServerProcess.with(ValkeyServerOptions(password: "right")) { server in
            for password in ["wrong", nil] as [String?] {
                let error = await #expect(throws: StoreError.self) {
                    _ = try await ValkeyStore.open(
                        .server(server.address),
                        ValkeyConfiguration(password: password.map { ValkeyPassword($0) }),
                        loops: [MultiThreadedEventLoopGroup.singleton.any()]
                    )
                }
                #expect(error?.code == .unavailable)
                #expect(error?.message.contains("password") == true)
                #expect(error?.message.contains("wrong") != true)
            }
        }
    }

    @Test(
        "a server that may drop keys says so, one that refuses writes instead does not",
        arguments: [("allkeys-lru", "allkeys-lru"), ("noeviction", nil)]
    )
    func eviction(_ policy: String, _ expected: String?) async throws {
        let options = ValkeyServerOptions(arguments: ["--maxmemory-policy", policy])
        try await ValkeyServerProcess.with(options) { server in
            let store = try await ValkeyStore.open(
                .server(server.address),
                ValkeyConfiguration(),
                loops: [MultiThreadedEventLoopGroup.singleton.any()]
            )
            #expect(await store.evictionPolicy() == expected)
            await store.close()
        }
    }

    @Test("a user that may not do all that the store does is refused at once", arguments: ["", "&pulsar:{!}:changes"])
    func missingChannels(allowed: String) async throws {
        let options = ValkeyServerOptions(users: ["worker on >secret ~* resetchannels \(allowed) +@all"])
        try await ValkeyServerProcess.with(options) { server in
            let error = await #expect(throws: StoreError.self) {
                _ = try await ValkeyStore.open(
                    .server(server.address),
                    ValkeyConfiguration(username: "worker", password: "secret"),
                    loops: [MultiThreadedEventLoopGroup.singleton.any()]
                )
            }
            #expect(error?.code == .unavailable && error?.message.contains("NOPERM") == true)
        }
    }

    @Test("where nobody listens opening fails when its time is up")
    func nobody() async throws {
        let error = await #expect(throws: StoreError.self) {
            _ = try await ValkeyStore.open(
                .server(ValkeyAddress(host: "127.0.0.1", port: 1)),
                settings: .init(openTimeout: .milliseconds(200)),
                loops: [MultiThreadedEventLoopGroup.singleton.any()]
            )
        }
        #expect(error?.code == .unavailable && error?.message.contains("127.0.0.1:1") == true)
    }

    @Test("a paused server is unhealthy at once, and healthy again when it goes on")
    func paused() async throws {
        try await ValkeyServerProcess.with { server in
            try await server.withStores { stores, _ in
                try await stores[0].checkHealth()
                server.pause()
                let start = ContinuousClock.now
                await #expect(throws: StoreError.self) { try await stores[0].checkHealth() }
                // Well before a command's deadline of 5 s; by design within one, which a busy machine need not keep.
                #expect(ContinuousClock.now - start < .seconds(4))
                server.resume()
                while (try? await stores[0].checkHealth()) == nil { await Task.yield() }
            }
        }
    }

    @Test("a server that is killed while many append leaves every answered message, and no false answer")
    func killed() async throws {
        try await ValkeyServerProcess.with(ValkeyServerOptions(isDurable: true)) { server in
            try await server.withStores { stores, _ in
                let outcomes = try await withThrowingTaskGroup(of: [Result<AppendReceipt, StoreError>].self) { group in
                    for index in 0..<8 {
                        group.addTask {
                            var outcomes: [Result<AppendReceipt, StoreError>] = []
                            while outcomes.last?.code == nil {
                                let batch = AppendBatch.one(.bytes(100), to: .named("t\(index)"))
                                outcomes.append(await stores[0].append(batch))
                            }
                            return outcomes
                        }
                    }
                    group.addTask {
                        while try await stores[0].bounds(of: .named("t7")).count < 20 { await Task.yield() }
                        await server.kill()
                        return []
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(outcomes.compactMap(\.last).allSatisfy { [.outcomeUnknown, .unavailable].contains($0.code) })
                try await server.restart()
                while (try? await stores[0].checkHealth()) == nil { await Task.yield() }
                for outcomes in outcomes where !outcomes.isEmpty {
                    let ids = outcomes.compactMap { try? $0.get().stored[0].id }
                    let topics = (0..<8).map { TopicKey.named("t\($0)") }
                    var found = false
                    for topic in topics {
                        let stored = try await stores[0].messages(in: topic).map(\.id)
                        if Array(stored.prefix(ids.count)) == ids { found = true }
                    }
                    #expect(found)
                }
            }
        }
    }

    @Test("a full server takes nothing, half-applies nothing, and can still be read and emptied")
    func full() async throws {
        try await ValkeyServerProcess.with { server in
            try await server.withStores { stores, probe in
                let store = stores[0]
                _ = try await store.createTopic(.plain(self.topic))
                try await store.put(.one(.bytes(10), to: self.topic))
                let mark = IdempotencyMark(
                    key: IdempotencyKey(user: UserID("u"), route: "single", value: "k"),
                    index: 0,
                    total: 1,
                    expiresAt: .at(600)
                )
                let before = try await store.topic(self.topic)
                try await probe.send("CONFIG", "SET", "maxmemory-policy", "noeviction")
                try await probe.send("CONFIG", "SET", "maxmemory", "1")
                var drafts = [Draft.bytes(10), .bytes(20), .bytes(30)]
                drafts[1].idempotency = mark
                drafts[2].ttl = 5
                let batch = AppendBatch(topic: self.topic, drafts: drafts, retention: Retention(maxMessages: 1))
                #expect(await store.append(batch).code == .full)
                #expect(await store.append(.one(.bytes(1), to: .named("new"))).code == .full)
                await self.expectFull { _ = try await store.createTopic(.plain(.named("new"))) }
                await self.expectFull { try await store.denyToken("j", of: UserID("u"), until: .at(9)) }
                #expect(try await store.topic(self.topic) == before)
                #expect(try await store.topic(.named("new")) == nil)
                #expect(try await store.messages(in: self.topic).count == 1)
                #expect(try await store.deleteTopic(self.topic)?.count == 0)
                #expect(try await store.topic(self.topic) == nil)
                try await probe.send("CONFIG", "SET", "maxmemory", "0")
                #expect(try await store.put(batch).stored.allSatisfy { !$0.isRepeat })
            }
        }
    }

    private func expectFull(_ body: () async throws -> Void) async {
        let error = await #expect(throws: StoreError.self) { try await body() }
        #expect(error?.code == .full)
    }

    @Test("closing answers what is under way")
    func closing() async throws {
        try await ValkeyPlace.with { stores, _ in
            let results = await withTaskGroup(of: Result<AppendReceipt, StoreError>.self) { group in
                for index in 0..<50 {
                    group.addTask { await stores[0].append(.one(.bytes(1), to: .named("t\(index)"))) }
                }
                await stores[0].close()
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(results.allSatisfy { $0.code == nil || $0.code == .unavailable })
        }
    }
}

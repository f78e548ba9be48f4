import NIOPosix
import RelayCore
import RelayStorage
import RelayValkey
import RelayWire
import Testing
import ValkeyFixture

@Suite("Appends that wait for replicas", .timeLimit(.minutes(1)))
struct DurabilityTests {
    private let topic = TopicKey.named("t")

    @Test("without a replica no append is called done, though the server has it")
    func noReplica() async throws {
        try await ValkeyServerProcess.with { server in
            let settings = ValkeyStore.Settings(durability: .replicated, replicaTimeout: .milliseconds(50))
            try await server.withStore(settings) { store in
                #expect(await store.append(.one(.bytes(1), to: self.topic)).code == .outcomeUnknown)
                #expect(try await store.bounds(of: self.topic).count == 1)
                try await store.checkHealth()
            }
        }
    }

    @Test("with a replica an append is done when that has it")
    func replica() async throws {
        try await ValkeyServerProcess.with { server in
            try await ValkeyServerProcess.with(.replica(of: server)) { replica in
                let settings = ValkeyStore.Settings(durability: .replicated, replicaTimeout: .seconds(10))
                try await server.withStore(settings) { store in
                    let receipt = try await store.put(.one(.bytes(1), to: self.topic))
                    let probe = try ValkeyProbe(replica, prefix: "pulsar:")
                    let count = try await probe.send("XLEN", probe.key("t", "stream")).integer
                    await probe.close()
                    #expect(count == 1 && receipt.bounds.count == 1)
                }
            }
        }
    }

    @Test("a batch may ask for more than the store's own durability, or for less")
    func asked() async throws {
        try await ValkeyServerProcess.with { server in
            for own in [Durability.stored, .replicated] {
                let settings = ValkeyStore.Settings(durability: own, replicaTimeout: .milliseconds(50))
                try await server.withStore(settings) { store in
                    #expect(store.durabilities.starts(with: [.stored, .replicated]))
                    #expect(await store.append(.one(.bytes(1), to: self.topic, as: .stored)).code == nil)
                    let replicated = await store.append(.one(.bytes(1), to: self.topic, as: .replicated))
                    #expect(replicated.code == .outcomeUnknown)
                }
            }
        }
    }

    @Test("a repeat waits as the first attempt did, in its own topic and from another")
    func repeats() async throws {
        try await ValkeyServerProcess.with { server in
            let settings = ValkeyStore.Settings(durability: .replicated, replicaTimeout: .milliseconds(50))
            try await server.withStore(settings) { store in
                let batches = ["t", "t", "u"].map { AppendBatch.one(.marked, to: .named($0)) }
                for batch in batches { #expect(await store.append(batch).code == .outcomeUnknown) }
                let entries = try await store.idempotencyEntries(for: Draft.markedKey, at: .at(1))
                #expect(entries.count == 1)
                await #expect { try await store.confirm(entries, as: .replicated) } throws: {
                    ($0 as? StoreError)?.code == .outcomeUnknown
                }
                try await store.confirm(entries, as: .stored)
                #expect(try await store.bounds(of: self.topic).count == 1)
                #expect(try await store.bounds(of: .named("u")).count == 0)
            }
            try await ValkeyServerProcess.with(.replica(of: server)) { _ in
                let settings = ValkeyStore.Settings(durability: .replicated, replicaTimeout: .seconds(10))
                try await server.withStore(settings) { store in
                    let repeated = try await store.put(.one(.marked, to: .named("u")))
                    #expect(repeated.stored.map(\.isRepeat) == [true])
                    let entries = try await store.idempotencyEntries(for: Draft.markedKey, at: .at(1))
                    try await store.confirm(entries, as: .replicated)
                    #expect(entries.map(\.id) == repeated.stored.map(\.id))
                }
            }
        }
    }

    @Test("a server that can't wait for its disk is refused at the start by a relay that is set to that")
    func noDisk() async throws {
        try await ValkeyServerProcess.with { server in
            let error = await #expect(throws: StoreError.self) {
                try await server.withStore(ValkeyStore.Settings(durability: .synced)) { _ in }
            }
            #expect(error?.message.contains("WAITAOF") == true)
        }
    }

    @Test("what is gone is not confirmed")
    func gone() async throws {
        try await ValkeyServerProcess.with { server in
            try await ValkeyServerProcess.with(.replica(of: server)) { _ in
                try await server.withStore(ValkeyStore.Settings(replicaTimeout: .seconds(10))) { store in
                    try await store.put(.one(.marked, to: self.topic))
                    let entries = try await store.idempotencyEntries(for: Draft.markedKey, at: .at(1))
                    try await store.confirm(entries, as: .replicated)
                    let probe = try ValkeyProbe(server, prefix: "pulsar:")
                    try await probe.send("FLUSHALL")
                    await probe.close()
                    await #expect { try await store.confirm(entries, as: .replicated) } throws: {
                        ($0 as? StoreError)?.message.contains("gone") == true
                    }
                }
            }
        }
    }
}

extension ValkeyServerOptions {
    static func replica(of server: ValkeyServerProcess) -> ValkeyServerOptions {
        ValkeyServerOptions(arguments: ["--replicaof", "127.0.0.1 \(server.port)"])
    }
}

extension Draft {
    static let markedKey = IdempotencyKey(user: UserID("u"), route: "single", value: "k")

    /// Always the same.
    static var marked: Draft {
        var draft = Draft.bytes(1)
        draft.idempotency = IdempotencyMark(key: Self.markedKey, index: 0, total: 1, expiresAt: .at(600))
        return draft
    }
}

extension AppendBatch {
    static func one(_ draft: Draft, to topic: TopicKey, as durability: Durability) -> AppendBatch {
        AppendBatch(
            topic: topic,
            drafts: [draft],
            retention: Retention(maxMessages: .max, maxAgeSeconds: nil),
            durability: durability
        )
    }
}

extension ValkeyServerProcess {
    /// Opens a store on one loop, runs the body, and closes it.
    func withStore(
        _ settings: ValkeyStore.Settings,
        _ body: (ValkeyStore) async throws -> Void
    ) async throws {
        let store = try await ValkeyStore.open(
            .server(self.address),
            settings: settings,
            loops: [MultiThreadedEventLoopGroup.singleton.any()]
        )
        do {
            try await body(store)
            await store.close()
        } catch {
            await store.close()
            throw error
        }
    }
}

import RelayCore
import RelayStorage
import RelayValkey
import RelayWire
import Testing
import ValkeyFixture

@Suite(
    "Appends that wait for the server's disk",
    .timeLimit(.minutes(1)),
    .enabled(if: ValkeyServerProcess.isRecentThere, "\(ValkeyServerProcess.withoutRecent)")
)
struct SyncTests {
    private static let durable = ValkeyServerOptions(isDurable: true, isRecent: true)

    private let topic = TopicKey.named("t")

    private func configure(_ server: ValkeyServerProcess, _ name: String, _ value: String) async throws {
        let probe = try ValkeyProbe(server, prefix: "pulsar:")
        try await probe.send("CONFIG", "SET", .init(name), .init(value))
        await probe.close()
    }

    @Test("an append is done when it is on the disk, and not before")
    func disk() async throws {
        try await ValkeyServerProcess.with(Self.durable) { server in
            let settings = ValkeyStore.Settings(durability: .synced, syncTimeout: .milliseconds(200))
            try await server.withStore(settings) { store in
                #expect(store.durabilities == [.stored, .replicated, .synced])
                try await store.put(.one(.bytes(1), to: self.topic))
                try await self.configure(server, "appendfsync", "no")
                let unsynced = await store.append(.one(.bytes(2), to: self.topic))
                #expect(unsynced.code == .outcomeUnknown)
                #expect(try await store.bounds(of: self.topic).count == 2)
                #expect(await store.append(.one(.bytes(3), to: self.topic, as: .stored)).code == nil)
            }
        }
    }

    @Test("a repeat after such an end waits anew")
    func repeats() async throws {
        try await ValkeyServerProcess.with(Self.durable) { server in
            try await self.configure(server, "appendfsync", "no")
            let settings = ValkeyStore.Settings(durability: .synced, syncTimeout: .milliseconds(100))
            try await server.withStore(settings) { store in
                for _ in 0..<2 {
                    #expect(await store.append(.one(.marked, to: self.topic)).code == .outcomeUnknown)
                }
                try await self.configure(server, "appendfsync", "always")
                let entries = try await store.idempotencyEntries(for: Draft.markedKey, at: .at(1))
                try await store.confirm(entries, as: .synced)
                #expect(try await store.put(.one(.marked, to: self.topic)).stored[0].isRepeat)
                #expect(try await store.bounds(of: self.topic).count == 1)
            }
        }
    }

    @Test("a server that keeps no file is told at the start; and is not written to where only a topic asks for it")
    func noFile() async throws {
        try await ValkeyServerProcess.with(ValkeyServerOptions(isRecent: true)) { server in
            let error = await #expect(throws: StoreError.self) {
                try await server.withStore(ValkeyStore.Settings(durability: .synced)) { _ in }
            }
            #expect(error?.message.contains("appendonly") == true)
            try await server.withStore(ValkeyStore.Settings()) { (store) async throws in
                #expect(store.durabilities == [.stored, .replicated])
                #expect(await store.append(.one(.bytes(1), to: self.topic, as: .synced)).code == .undurable)
                #expect(try await store.bounds(of: self.topic).count == 0)
            }
        }
    }

    @Test("where the file is given up while relays run, one append ends unknown and those after it are not stored")
    func fileGivenUp() async throws {
        try await ValkeyServerProcess.with(Self.durable) { server in
            try await server.withStore(ValkeyStore.Settings(durability: .synced)) { store in
                try await store.put(.one(.bytes(1), to: self.topic))
                try await self.configure(server, "appendonly", "no")
                #expect(await store.append(.one(.bytes(2), to: self.topic)).code == .outcomeUnknown)
                #expect(await store.append(.one(.bytes(3), to: self.topic)).code == .undurable)
                #expect(try await store.bounds(of: self.topic).count == 2)
                #expect(store.durabilities == [.stored, .replicated])
                try await self.configure(server, "appendonly", "yes")
                while await store.append(.one(.bytes(4), to: self.topic)).code != nil {}
                #expect(store.durabilities == [.stored, .replicated, .synced])
            }
        }
    }

    @Test("appends to many topics share their waits for the disk")
    func together() async throws {
        try await ValkeyServerProcess.with(Self.durable) { server in
            // Each wait then lasts up to a second: one after the other they would take longer than this test may.
            try await self.configure(server, "appendfsync", "everysec")
            let settings = ValkeyStore.Settings(durability: .synced, syncTimeout: .seconds(10))
            try await server.withStore(settings) { store in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<150 {
                        group.addTask { try await store.put(.one(.bytes(1), to: .named("t\(number)"))) }
                    }
                    try await group.waitForAll()
                }
                #expect(try await store.bounds(of: .named("t149")).count == 1)
            }
        }
    }

    @Test("who waits for replicas that aren't there holds up nobody who waits for the disk")
    func apart() async throws {
        try await ValkeyServerProcess.with(Self.durable) { server in
            let settings = ValkeyStore.Settings(replicaTimeout: .seconds(40), syncTimeout: .seconds(10))
            try await server.withStore(settings) { store in
                try await store.put(.one(.bytes(1), to: self.topic, as: .synced))
                async let missing = store.append(.one(.bytes(2), to: .named("r"), as: .replicated))
                // It is stored before it waits.
                while try await store.bounds(of: .named("r")).count == 0 {}
                try await store.put(.one(.bytes(3), to: self.topic, as: .synced))
                // So it has waited no longer than that took: it says that its connection broke, not for how long it waited.
                await server.kill()
                let ended = await missing
                let error = #expect(throws: StoreError.self) { try ended.get() }
                #expect(error?.message.contains("replicas") == false)
            }
        }
    }
}

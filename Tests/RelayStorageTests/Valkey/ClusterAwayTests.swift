import RelayCore
import RelayStorage
import RelayWire
import StoreContract
import Testing
import ValkeyFixture

/// A cluster whose servers go on while one of them is away, which has no replica. Each test has one of its own.
@Suite("A store on a cluster that lacks a master", .timeLimit(.minutes(2)), .serialized)
struct ClusterAwayTests {
    private static let options = ValkeyServerOptions(arguments: ["--cluster-require-full-coverage", "no"])
    /// The one that is away has the lowest slots, so that it is also the first to be swept.
    private static let away = 0
    /// Has the control slot, 13,379.
    private static let control = 2

    @Test("a sweep trims what the others have, and tells of it in the end")
    func sweep() async throws {
        try await self.run { process, store in
            let topics = (0..<40).map { TopicKey.named("t\($0)") }
            for topic in topics {
                for second in [1, 50] as [Int64] { try await store.put(.one(.bytes(1, at: second), to: topic)) }
            }
            let others = try await topics.asyncFilter { try await self.owner(of: $0, process) != Self.away }
            await process.nodes[Self.away].kill()
            await #expect(throws: StoreError.self) {
                try await store.sweep(at: .at(100), retention: Retention(maxAgeSeconds: 60))
            }
            #expect(!others.isEmpty && others.count < topics.count)
            let untrimmed = try await others.asyncFilter { try await store.bounds(of: $0).count != 1 }
            #expect(untrimmed.isEmpty)
        }
    }

    @Test("a topic that does not exist is told as such, without its stream")
    func missingTopic() async throws {
        try await self.run { process, store in
            let names = (0..<40).map { TopicKey.named("t\($0)") }
            let theirs = try await names.asyncFilter { try await self.owner(of: $0, process) == Self.away }
            let topic = try #require(theirs.first)
            await process.nodes[Self.away].kill()
            let start = ContinuousClock.now
            #expect(try await store.topic(topic) == nil)
            // Well before a command's deadline of 5 s.
            #expect(ContinuousClock.now - start < .seconds(4))
            await #expect(throws: StoreError.self) { try await store.bounds(of: topic) }
        }
    }

    @Test("it is healthy, and can be opened, while most slots are served, and that of the users; else it is not")
    func health() async throws {
        try await self.run { process, store in
            try await store.checkHealth()
            await process.nodes[Self.away].kill()
            try await store.checkHealth()
            let second = try await ValkeyStore.open(process)
            try await second.checkHealth()
            await second.close()
            try await process.nodes[Self.away].restart()
            await process.nodes[Self.control].kill()
            while (try? await store.checkHealth()) != nil { await Task.yield() }
            try await process.nodes[Self.control].restart()
            while (try? await store.checkHealth()) == nil { await Task.yield() }
        }
    }

    @Test("where servers refuse all while one is away, it is not healthy, though the others answer")
    func coverage() async throws {
        try await ValkeyClusterProcess.with { (process) async throws in
            try await process.withStores(1) { stores in
                await process.nodes[Self.away].kill()
                while (try? await stores[0].checkHealth()) != nil { await Task.yield() }
                try await process.nodes[Self.away].restart()
                while (try? await stores[0].checkHealth()) == nil { await Task.yield() }
            }
        }
    }

    private func run(_ body: (ValkeyClusterProcess, ValkeyStore) async throws -> Void) async throws {
        try await ValkeyClusterProcess.with(Self.options) { (process) async throws in
            try await process.withStores(1) { try await body(process, $0[0]) }
        }
    }

    private func owner(of topic: TopicKey, _ process: ValkeyClusterProcess) async throws -> Int? {
        let slot = try #require(Int(try await process.command(1, ["CLUSTER", "KEYSLOT", "{\(topic)}"])))
        return try await process.owner(of: slot, asking: 1)
    }
}

extension Array {
    fileprivate func asyncFilter(_ isWanted: (Element) async throws -> Bool) async rethrows -> [Element] {
        var kept: [Element] = []
        for element in self where try await isWanted(element) { kept.append(element) }
        return kept
    }
}

import NIOCore
import RelayCore
import RelayStorage
import RelayWire
import Synchronization
import Testing
import ValkeyFixture

/// The messages that were acknowledged. Its list is behind a lock.
private final class Written: Sendable {
    private let list = Mutex<[MessageID]>([])

    var ids: [MessageID] { self.list.withLock { $0 } }

    func add(_ id: MessageID) {
        self.list.withLock { $0.append(id) }
    }
}

/// Two relays on one cluster in which slots move and masters die. Each test has a cluster of its own.
@Suite("A store on a cluster in trouble", .timeLimit(.minutes(2)), .serialized)
struct ClusterFaultTests {
    private let topic = TopicKey.named("t")

    @Test("while a topic's slot moves nothing acknowledged is lost, and news stay in order or are told as missed")
    func move() async throws {
        try await ValkeyClusterProcess.with { (process) async throws in
            try await process.withStores(2) { stores in
                let log = EventLog<StreamNews>()
                stores[1].feed.start(log.add)
                try await stores[1].feed.listen(to: self.topic)
                let written = Written()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await self.write(to: stores[0], written) }
                    group.addTask { try await self.moveAround(process, 4) { written.ids.count } }
                    // The mover ends first, since the writer never does.
                    try await group.next()
                    let enough = written.ids.count + 50
                    let told = await log.first { news in
                        guard case .grew(_, let growth) = news else { return false }
                        return growth.bounds.count >= enough
                    }
                    group.cancelAll()
                    _ = await group.nextResult()
                    let stored = try await stores[1].messages(in: self.topic).map(\.id)
                    #expect(Set(written.ids).isSubset(of: stored))
                    self.checkNews(told, stored)
                }
            }
        }
    }

    @Test("when a master is killed, nothing that a replica has acknowledged is lost")
    func failover() async throws {
        try await ValkeyClusterProcess.with(withReplicas: true) { (process) async throws in
            try await process.withStores(1, durability: .replicated) { stores in
                let written = Written()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await self.write(to: stores[0], written) }
                    while written.ids.count < 20 { try await Task.sleep(for: .milliseconds(5)) }
                    try await process.failOver(try await self.owner(process))
                    group.cancelAll()
                    _ = await group.nextResult()
                }
                let stored = try await stores[0].messages(in: self.topic).map(\.id)
                #expect(Set(written.ids).isSubset(of: stored))
                #expect(stored == stored.sorted())
            }
        }
    }

    @Test("when a killed master takes the newest messages with it, its replica begins a new epoch, and others are told")
    func lostTail() async throws {
        try await ValkeyClusterProcess.with(withReplicas: true) { (process) async throws in
            try await process.withStores(2) { stores in
                let log = EventLog<StreamNews>()
                stores[1].feed.start(log.add)
                try await stores[1].feed.listen(to: self.topic)
                let kept = try await stores[0].put(.one(.bytes(1), to: self.topic)).bounds
                let master = try await self.owner(process)
                try await process.waitUntilReplicated(master)
                // The replica is shut out, and can't come back.
                try await process.command(master, ["CONFIG", "SET", "requirepass", "changed"])
                try await process.command(master, ["CLIENT", "KILL", "TYPE", "replica"])
                let lost = try await stores[0].put(.one(.bytes(2), to: self.topic)).bounds
                #expect(lost.count == 2)
                try await process.failOver(master)
                await log.first { if case .missed([self.topic]) = $0 { true } else { false } }
                let found = try await stores[1].feed.position(of: self.topic, known: lost)
                #expect(found.epoch.id != kept.epoch.id && found.epoch.start == kept.last)
                #expect(found.last == lost.last && found.count == 1)
                let batch = AppendBatch(topic: self.topic, drafts: [.bytes(3)], retention: Retention(), known: lost)
                #expect(await stores[0].append(batch).code == .superseded)
                #expect(try await stores[0].put(.one(.bytes(3), to: self.topic)).stored[0].id > lost.last)
            }
        }
    }

    @Test("a sweep finds the streams of all masters")
    func sweep() async throws {
        try await ValkeyClusterProcess.with { (process) async throws in
            try await process.withStores(1) { stores in
                let topics = (0..<40).map { TopicKey.named("t\($0)") }
                for topic in topics { try await stores[0].put(.one(.bytes(1), to: topic)) }
                let trimmed = try await stores[0].sweep(at: .at(100), retention: Retention(maxAgeSeconds: 10))
                // The newest message of a stream stays, so two of each.
                #expect(trimmed.isEmpty)
                for topic in topics { try await stores[0].put(.one(.bytes(1, at: 50), to: topic)) }
                let again = try await stores[0].sweep(at: .at(100), retention: Retention(maxAgeSeconds: 60))
                #expect(Set(again.keys) == Set(topics))
            }
        }
    }

    /// Appends one message after the other until it is cancelled. Errors may only be those of a store that can't serve now.
    private func write(to store: ValkeyStore, _ written: Written) async throws {
        while !Task.isCancelled {
            switch await store.append(.one(.bytes(8), to: self.topic)) {
            case .success(let receipt): written.add(receipt.stored[0].id)
            case .failure(let error):
                try #require(error.code == .unavailable || error.code == .outcomeUnknown, "\(error)")
            }
        }
    }

    /// Moves the topic's slot from master to master, with some appends in between, and some while it is on its way.
    private func moveAround(_ process: ValkeyClusterProcess, _ times: Int, _ count: () -> Int) async throws {
        var source = try await self.owner(process)
        for _ in 0..<times {
            let start = count()
            while count() < start + 10 { try await Task.sleep(for: .milliseconds(2)) }
            let target = (source + 1) % process.masterCount
            try await process.move(try await self.slot(process), from: source, to: target)
            source = target
        }
    }

    /// Announced is in stored order, and where something is missing that was told before.
    private func checkNews(_ told: [StreamNews], _ stored: [MessageID]) {
        let stored = Set(stored)
        var last = MessageID.zero
        var wasMissed = false
        for news in told {
            switch news {
            case .missed: wasMissed = true
            case .grew(_, let growth):
                #expect(growth.previous == last || (wasMissed && growth.previous > last))
                #expect(growth.messages.allSatisfy { stored.contains($0.id) })
                #expect(growth.bounds.last > last)
                (last, wasMissed) = (growth.bounds.last, false)
            }
        }
        #expect(last > .zero)
    }

    private func slot(_ process: ValkeyClusterProcess) async throws -> Int {
        try #require(Int(try await process.command(0, ["CLUSTER", "KEYSLOT", "{t}"])))
    }

    private func owner(_ process: ValkeyClusterProcess) async throws -> Int {
        try #require(try await process.owner(of: try await self.slot(process), asking: 0))
    }
}

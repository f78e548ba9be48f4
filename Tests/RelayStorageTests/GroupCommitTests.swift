import Dispatch
import GRDB
import NIOCore
import RelayCore
import RelayWire
import Synchronization
import Testing

@testable import RelayStorage

@Suite("Group commit", .timeLimit(.minutes(1)))
struct GroupCommitTests {
    @Test("everything that arrives while a transaction runs shares the next one")
    func coalesces() async throws {
        try await withSQLiteStore { store, _ in
            let gate = Gate(closing: store)
            let before = store.writer.commits.load(ordering: .relaxed)
            async let receipts = withTaskGroup(of: Bool.self) { group in
                for index in 0..<200 {
                    group.addTask {
                        let result = await store.append(.one(.bytes(10), to: .named("t\(index % 7)")))
                        return (try? result.get()) != nil
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            await gate.open(whenWaiting: 200, in: store)
            #expect(await receipts == 200)
            #expect(store.writer.commits.load(ordering: .relaxed) == before + 2)
        }
    }

    @Test("one bad job fails alone, and leaves no trace")
    func badNeighbour() async throws {
        try await withSQLiteStore { store, _ in
            let gate = Gate(closing: store)
            async let first = store.append(.one(.bytes(1), to: .named("t")))
            await store.waitForQueue(1)
            async let bad: Result<Void, StoreError> = store.result { db, cache in
                try cache.create(.named("bad"), in: db)
                _ = try cache.update(.named("t"), in: db) { $0.purge() }
                try db.execute(sql: "INSERT INTO users (id) VALUES ('x')")
            }
            await store.waitForQueue(2)
            async let last = store.append(.one(.bytes(2), to: .named("t")))
            await gate.open(whenWaiting: 3, in: store)
            #expect(try await first.get().bounds.count == 1)
            #expect(await bad.code == .unavailable)
            let receipt = try await last.get()
            #expect(receipt.bounds.count == 2 && receipt.bounds.trimmedThrough == .zero)
            #expect(try await store.messages(in: .named("t")).map(\.payload.readableBytes) == [1, 2])
            #expect(try await store.rows("streams") == 1)
        }
    }

    @Test("a full disk refuses what does not fit, changes nothing, and is forgotten when there is room")
    func full() async throws {
        try await withSQLiteStore { store, _ in
            let before = try await store.put(.one(.bytes(1), to: .named("t"))).bounds
            try await store.limitPages(to: store.pages() + 4)
            #expect(await store.append(.one(.bytes(1 << 20), to: .named("t"))).code == .full)
            #expect(await store.append(.one(.bytes(1 << 20), to: .named("new"))).code == .full)
            #expect(try await store.bounds(of: .named("t")) == before)
            #expect(try await store.bounds(of: .named("new")) == StreamBounds())
            let small = try await store.put(.one(.bytes(1), to: .named("t")))
            #expect(small.bounds.count == 2)
            try await store.limitPages(to: 1_000_000)
            let large = try await store.put(.one(.bytes(1 << 20), to: .named("t")))
            #expect(large.bounds.count == 3 && large.stored[0].id > small.stored[0].id)
            #expect(try await store.messages(in: .named("t")).count == 3)
        }
    }

    @Test("beyond the queue's bound appends are refused at once, but one that is larger still gets in alone")
    func bound() async throws {
        var options = SQLiteStore.Options()
        options.maxQueuedBytes = 2000
        try await withSQLiteStore(options) { store, _ in
            #expect(await store.append(.one(.bytes(5000), to: .named("t"))).code == nil)
            let gate = Gate(closing: store)
            async let waiting = store.append(.one(.bytes(1500), to: .named("t")))
            await store.waitForQueue(1)
            #expect(await store.append(.one(.bytes(1500), to: .named("t"))).code == .unavailable)
            await gate.open(whenWaiting: 1, in: store)
            #expect(await waiting.code == nil)
            let messages = try await store.messages(in: .named("t"))
            #expect(messages.count == 2)
        }
    }

    @Test("closing waits for what was taken, and refuses the rest")
    func closing() async throws {
        try await withSQLiteStore { store, directory in
            let gate = Gate(closing: store)
            async let waiting = store.append(.one(.bytes(1), to: .named("t")))
            await store.waitForQueue(1)
            async let closed: Void = store.close()
            await gate.open(whenWaiting: 2, in: store)
            #expect(await waiting.code == nil)
            await closed
            #expect(await store.append(.one(.bytes(1), to: .named("t"))).code == .unavailable)
            let again = try SQLiteStore(directory: directory)
            #expect(try await again.messages(in: .named("t")).count == 1)
            await again.close()
        }
    }

    @Test("a writer that is stuck makes the store unhealthy within a second")
    func stuck() async throws {
        try await withSQLiteStore { store, _ in
            try await store.checkHealth()
            let gate = Gate(closing: store)
            await #expect(throws: StoreError.self) { try await store.checkHealth() }
            await gate.open(whenWaiting: 1, in: store)
            try await store.checkHealth()
        }
    }
}

/// Holds the writer inside a transaction of its own until it is opened.
private struct Gate {
    private let opened = DispatchSemaphore(value: 0)

    /// Returns once the writer stands at the gate.
    init(closing store: SQLiteStore) {
        let (opened, reached) = (self.opened, DispatchSemaphore(value: 0))
        store.submit(
            cost: 0,
            { _, _ in
                reached.signal()
                opened.wait()
            },
            { (_: Result<Void, StoreError>) in }
        )
        reached.wait()
    }

    func open(whenWaiting count: Int, in store: SQLiteStore) async {
        await store.waitForQueue(count)
        self.opened.signal()
    }
}

extension SQLiteStore {
    /// Returns once `count` jobs wait behind the one that runs.
    fileprivate func waitForQueue(_ count: Int) async {
        while self.writer.waiting < count { await Task.yield() }
    }

    fileprivate func result(
        _ body: @escaping @Sendable (Database, inout StreamCache) throws -> Void
    ) async -> Result<Void, StoreError> {
        await withCheckedContinuation { continuation in
            self.submit(cost: 0, body) { continuation.resume(returning: $0) }
        }
    }

    func pages() async throws -> Int {
        try await self.pool.read { try Int.fetchOne($0, sql: "PRAGMA page_count") ?? 0 }
    }

    func limitPages(to count: Int) async throws {
        try await self.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = \(count)") }
    }
}

extension Result where Failure == StoreError {
    /// The error's; nil for a success.
    var code: StoreError.Code? {
        if case .failure(let error) = self { error.code } else { nil }
    }
}

import GRDB
import RelayCore
import RelayWire
import StoreContract
import Testing

@testable import RelayStorage

@Suite("What sweeps forget", .timeLimit(.minutes(1)))
struct SweepTests {
    @Test("bounds without topic and messages are forgotten after a day, others stay", arguments: StoreUnderTest.all)
    func idleBounds(under: StoreUnderTest) async throws {
        try await under.withStore { store in
            let keys = ["kept", "gone", "expired", "busy"].map { TopicKey.named($0) }
            for key in keys {
                var draft = Draft.bytes(1)
                draft.ttl = key == .named("expired") ? 1 : nil
                try await store.put(.one(draft, to: key))
                if key == .named("kept") || key == .named("gone") { _ = try await store.createTopic(.plain(key)) }
            }
            _ = try await store.deleteTopic(.named("gone"))
            let retention = Retention(maxAgeSeconds: 3600)
            _ = try await store.sweep(at: .at(86_400), retention: retention)
            for key in keys { #expect(try await store.bounds(of: key).last > .zero) }
            _ = try await store.sweep(at: .at(86_402), retention: retention)
            for key in keys {
                let isKept = key == .named("kept") || key == .named("busy")
                #expect((try await store.bounds(of: key).last > .zero) == isKept)
            }
            #expect(try await store.put(.one(.bytes(1, at: 86_402), to: .named("gone"))).bounds.count == 1)
        }
    }

    @Test(
        "sqlite: an expired message that the index has, and the table does not, ends no sweep and is not counted twice"
    )
    func damagedIndex() async throws {
        try await withSQLiteStore { store, directory in
            var expired = Draft.bytes(1)
            expired.ttl = 1
            let drafts = [expired, expired, expired, Draft.bytes(1), Draft.bytes(1)]
            var ids: [MessageID] = []
            for draft in drafts { ids.append(try await store.put(.one(draft, to: .named("t"))).stored[0].id) }
            await store.close()
            let path = directory + "/" + SQLiteStore.fileName
            try Self.withoutIndex("messages_expiry", in: path) { db in
                try db.execute(sql: "UPDATE messages SET ms = ms - 1 WHERE seq = ?", arguments: [ids[1].columns[1]])
            }
            let damaged = try SQLiteStore(directory: directory)
            for _ in 1...2 { _ = try await damaged.sweep(at: .at(60), retention: Retention()) }
            #expect(try await damaged.messages(in: .named("t")).map(\.id).suffix(2) == ids[3...])
            #expect(try await damaged.bounds(of: .named("t")).count == 3)
            await damaged.close()
        }
    }

    /// Changes a database that does not know of one of its indexes, which is as before afterwards.
    private static func withoutIndex(_ name: String, in path: String, _ change: (Database) throws -> Void) throws {
        func edit(_ body: (Database) throws -> Void) throws {
            let file = try DatabaseQueue(path: path)
            try file.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA writable_schema = 1")
                try body(db)
            }
            try file.close()
        }
        try edit { db in
            try db.execute(sql: "CREATE TABLE kept AS SELECT * FROM sqlite_master WHERE name = ?", arguments: [name])
            try db.execute(sql: "DELETE FROM sqlite_master WHERE name = ?", arguments: [name])
        }
        try edit(change)
        try edit { db in
            try db.execute(sql: "INSERT INTO sqlite_master SELECT * FROM kept")
            try db.execute(sql: "DELETE FROM sqlite_master WHERE name = 'kept'")
        }
    }
}

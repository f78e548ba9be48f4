import Foundation
import GRDB
import RelayAccess
import RelayCore
import RelayWire
import StoreContract
import Testing

@testable import RelayStorage

@Suite("The SQLite file")
struct SQLiteFileTests {
    @Test("what was acknowledged is in the files at that moment, as a killed process leaves them")
    func killed() async throws {
        try await withSQLiteStore { store, directory in
            var ids: [MessageID] = []
            for _ in 0..<50 {
                ids.append(
                    try await store.put(.one(.bytes(100, at: 50), to: .named("t"), keep: 20)).stored[0].id
                )
            }
            let copy = TemporaryDirectory()
            try FileManager.default.createDirectory(atPath: copy.path, withIntermediateDirectories: true)
            for suffix in ["", "-wal"] {
                let name = "/" + SQLiteStore.fileName + suffix
                try FileManager.default.copyItem(atPath: directory + name, toPath: copy.path + name)
            }
            let revived = try SQLiteStore(directory: copy.path)
            #expect(try await revived.messages(in: .named("t")).map(\.id) == ids.suffix(20))
            #expect(try await revived.bounds(of: .named("t")).trimmedThrough == ids[29])
            let next = try await revived.put(.one(.bytes(1, at: 0), to: .named("t"), keep: 20))
            #expect(next.stored[0].id > ids[49])
            await revived.close()
            copy.remove()
        }
    }

    @Test("a store that was closed has everything in its one file")
    func closed() async throws {
        try await withSQLiteStore { store, directory in
            let id = try await store.put(.one(.bytes(100), to: .named("t"))).stored[0].id
            // The readers have the file open as well.
            #expect(try await store.messages(in: .named("t")).map(\.id) == [id])
            await store.close()
            let copy = TemporaryDirectory()
            defer { copy.remove() }
            try FileManager.default.createDirectory(atPath: copy.path, withIntermediateDirectories: true)
            let name = "/" + SQLiteStore.fileName
            try FileManager.default.copyItem(atPath: directory + name, toPath: copy.path + name)
            let revived = try SQLiteStore(directory: copy.path)
            #expect(try await revived.messages(in: .named("t")).map(\.id) == [id])
            await revived.close()
        }
    }

    @Test("the log goes back into the file while messages are stored, and stays small")
    func log() async throws {
        try await withSQLiteStore { store, directory in
            func size(_ suffix: String) throws -> Int {
                let path = directory + "/" + SQLiteStore.fileName + suffix
                return try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
            }
            let round = Checkpointer.startPages * Schema.pageBytes
            let message = 256 << 10
            for _ in 0..<(6 * round / message) {
                try await store.put(.one(.bytes(message), to: .named("t"), keep: .max))
                #expect(try size("-wal") <= 5 * round)
            }
            #expect(try size("") >= 4 * round)
            #expect(try await store.bounds(of: .named("t")).count == 6 * round / message)
        }
    }

    @Test("what is committed after the end of copying the log is only committed")
    func closedCheckpointer() async throws {
        try await withSQLiteStore { store, _ in
            store.checkpointer?.close()
            let count = 2 * Checkpointer.startPages * Schema.pageBytes / (1 << 20)
            for _ in 0..<count { try await store.put(.one(.bytes(1 << 20), to: .named("t"), keep: .max)) }
            #expect(try await store.bounds(of: .named("t")).count == count)
        }
    }

    @Test("a file that is read-only, deleted or replaced is unhealthy")
    func health() async throws {
        try await withSQLiteStore { store, directory in
            let path = directory + "/" + SQLiteStore.fileName
            let files = FileManager.default
            try await store.checkHealth()
            try files.setAttributes([.posixPermissions: 0o400], ofItemAtPath: path)
            await #expect(throws: StoreError.self) { try await store.checkHealth() }
            try files.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            try await store.checkHealth()
            try files.moveItem(atPath: path, toPath: path + ".moved")
            await #expect(throws: StoreError.self) { try await store.checkHealth() }
            #expect(files.createFile(atPath: path, contents: nil))
            await #expect(throws: StoreError.self) { try await store.checkHealth() }
        }
    }

    @Test("a database that refuses writes is unhealthy")
    func refusedWrites() async throws {
        try await withSQLiteStore { store, _ in
            try await store.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA query_only = 1") }
            await #expect(throws: StoreError.self) { try await store.checkHealth() }
            try await store.pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA query_only = 0") }
            try await store.checkHealth()
        }
    }

    @Test("directory and files are nobody else's")
    func permissions() async throws {
        try await withSQLiteStore { store, directory in
            try await store.put(.one(.bytes(1), to: .named("t")))
            func mode(_ path: String) throws -> Int? {
                try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            }
            #expect(try mode(directory) == 0o700)
            for suffix in ["", "-wal", "-shm"] {
                #expect(try mode(directory + "/" + SQLiteStore.fileName + suffix) == 0o600)
            }
        }
    }

    @Test("commits are synced, and the log is written ahead")
    func pragmas() async throws {
        try await withSQLiteStore { store, _ in
            let (synchronous, journal, foreignKeys) = try await store.pool.writeWithoutTransaction { db in
                (
                    try Int.fetchOne(db, sql: "PRAGMA synchronous"),
                    try String.fetchOne(db, sql: "PRAGMA journal_mode"),
                    try Int.fetchOne(db, sql: "PRAGMA foreign_keys")
                )
            }
            #expect(synchronous == 2 && journal == "wal" && foreignKeys == 1)
        }
    }

    @Test("a second process can make a user while the first serves")
    func secondProcess() async throws {
        try await withSQLiteStore { store, directory in
            try await store.put(.one(.bytes(1), to: .named("t")))
            let other = try SQLiteStore(directory: directory, as: .guest)
            let user = User(
                id: UserID("u"),
                username: "ann",
                createdAt: .at(0),
                email: nil,
                permissions: [.read],
                passwordHash: nil
            )
            #expect(try await other.createUser(user))
            await other.close()
            #expect(try await store.user(named: "ann") == user)
            #expect(try await store.put(.one(.bytes(1), to: .named("t"))).bounds.count == 2)
        }
    }

    @Test("a key that was stored as text before is known by its digest")
    func idempotencyMigration() async throws {
        let directory = TemporaryDirectory()
        defer { directory.remove() }
        let key = IdempotencyKey(user: UserID("u"), route: "single", value: "clé")
        var draft = Draft.bytes(1)
        draft.idempotency = IdempotencyMark(key: key, index: 0, total: 1, expiresAt: .at(600))
        let store = try SQLiteStore(directory: directory.path)
        let first = try await store.put(.one(draft, to: .named("t"))).stored[0]
        try await store.pool.write { db in
            try db.execute(sql: "UPDATE idempotency SET key = CAST('u/single/clé' AS BLOB)")
            try db.execute(sql: "DELETE FROM grdb_migrations WHERE identifier LIKE 'v4:%'")
        }
        await store.close()
        let reopened = try SQLiteStore(directory: directory.path)
        let again = try await reopened.put(.one(draft, to: .named("t"))).stored[0]
        #expect(again.isRepeat && again.id == first.id)
        await reopened.close()
    }

    @Test("users of a database of before password generations have their first password")
    func earlierUsers() async throws {
        let directory = TemporaryDirectory()
        defer { directory.remove() }
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        let queue = try DatabaseQueue(path: directory.path + "/" + SQLiteStore.fileName)
        try Schema.migrator.migrate(queue, upTo: "v3: durability")
        try await queue.write { db in
            try db.execute(
                sql:
                    "INSERT INTO users VALUES (CAST('u' AS BLOB), CAST('ann' AS BLOB), 0, NULL, 1, 2, CAST('h' AS BLOB))"
            )
        }
        try queue.close()
        let store = try SQLiteStore(directory: directory.path)
        #expect(try await store.user(named: "ann")?.passwordGeneration == 0)
        let changed = try await store.updateUser(UserID("u"), UserChanges(passwordHash: "new"))
        #expect(changed?.passwordGeneration == 1)
        await store.close()
    }

    @Test("messages and topics of before formats and snapshots are read as they were, and can have snapshots")
    func earlierMessages() async throws {
        let directory = TemporaryDirectory()
        defer { directory.remove() }
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        let queue = try DatabaseQueue(path: directory.path + "/" + SQLiteStore.fileName)
        try Schema.migrator.migrate(queue, upTo: "v8: states and senders")
        try await queue.write { db in
            try db.execute(
                sql: """
                    INSERT INTO streams (id, key, name, last_ms, count, epoch)
                    VALUES (1, CAST('t' AS BLOB), CAST('t' AS BLOB), 3, 3, 7);
                    INSERT INTO messages (stream, ms, seq, timestamp, payload) VALUES
                    (1, 1, 0, 1000, CAST('{}' AS BLOB)), (1, 2, 0, 2000, CAST('{}' AS BLOB)), (1, 3, 0, 3000, '');
                    INSERT INTO topics (key, id, name, kind, owner, created_at, is_public) VALUES
                    (CAST('t' AS BLOB), CAST('i' AS BLOB), CAST('t' AS BLOB), CAST('stream' AS BLOB),
                    CAST('o' AS BLOB), 0, 0)
                    """
            )
        }
        try queue.close()
        let store = try SQLiteStore(directory: directory.path)
        #expect(try await store.topic(.named("t"))?.record.anonymous == AnonymousAccess.none)
        let messages = try await store.messages(in: .named("t"))
        #expect(messages.map(\.id.milliseconds) == [1, 2, 3])
        #expect(messages.allSatisfy { $0.format == .json && !$0.isSnapshot })
        let outcome = try await store.putSnapshot(at: messages[1].id, in: .named("t"), keeping: .max)
        guard case .stored(let bounds) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(bounds.count == 2 && bounds.epoch.id == 7)
        #expect(try await store.messages(in: .named("t")).map(\.format) == [.binary, .json])
        #expect(try await store.messages(in: .named("t"), includesSuperseded: true).count == 3)
        await store.close()
    }

    @Test("a format that no version knows is damage, and readers are told of it")
    func unknownFormat() async throws {
        try await withSQLiteStore { store, _ in
            for _ in 0..<3 { try await store.put(.one(.bytes(1), to: .named("t"))) }
            try await store.pool.write { db in
                try db.execute(sql: "UPDATE messages SET format = 9 WHERE seq = 1")
            }
            #expect(try await store.messages(in: .named("t")).count == 1)
        }
    }

    @Test("rows of what is superseded are deleted at once where none is kept, and else by a sweep")
    func supersededRows() async throws {
        try await withSQLiteStore { store, _ in
            var ids: [MessageID] = []
            for _ in 0..<1500 { ids.append(try await store.put(.one(.bytes(1), to: .named("t"))).stored[0].id) }
            _ = try await store.putSnapshot(at: ids[1399], in: .named("t"))
            #expect(try await store.rows("messages") == 101)
            _ = try await store.putSnapshot(at: ids[1489], in: .named("t"), keeping: 60)
            #expect(try await store.rows("messages") == 101)
            let retention = Retention(maxAgeSeconds: nil, maxSupersededAgeSeconds: 60)
            _ = try await store.sweep(at: .at(30), retention: retention)
            #expect(try await store.rows("messages") == 101)
            _ = try await store.sweep(at: .at(61), retention: retention)
            #expect(try await store.rows("messages") == 11)
            // Trimming passes the snapshot.
            _ = try await store.putSnapshot(at: ids[1493], in: .named("t"), keeping: 60)
            try await store.put(.one(.bytes(1), to: .named("t"), keep: 5))
            _ = try await store.sweep(at: .at(30), retention: retention)
            #expect(try await store.rows("messages") == 5)
        }
    }

    @Test("rows that retention or deletion hid are deleted: some at once, all by the next sweep")
    func hiddenRows() async throws {
        try await withSQLiteStore { store, _ in
            for _ in 0..<1000 { try await store.put(.one(.bytes(1), to: .named("t"), keep: 10)) }
            #expect((10...10 + StreamState.slack).contains(try await store.rows("messages")))
            _ = try await store.sweep(at: .at(0), retention: Retention(maxAgeSeconds: nil))
            #expect(try await store.rows("messages") == 10)
            _ = try await store.createTopic(.plain(.named("t")))
            _ = try await store.deleteTopic(.named("t"))
            _ = try await store.sweep(at: .at(0), retention: Retention(maxAgeSeconds: nil))
            #expect(try await store.rows("messages") == 0)
            #expect(try await store.rows("streams") == 1)
        }
    }
}

extension SQLiteStore {
    func rows(_ table: String) async throws -> Int {
        try await self.pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") ?? 0 }
    }
}

/// Runs `body` with a store on a new directory.
func withSQLiteStore(
    _ options: SQLiteStore.Options = SQLiteStore.Options(),
    _ body: (SQLiteStore, _ directory: String) async throws -> Void
) async throws {
    let directory = TemporaryDirectory()
    defer { directory.remove() }
    let store = try SQLiteStore(directory: directory.path, options: options)
    do {
        try await body(store, directory.path)
    } catch {
        await store.close()
        throw error
    }
    await store.close()
}

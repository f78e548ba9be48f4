import Foundation
import GRDB
import RelayAccess
import RelayCore
import Testing

@testable import RelayStorage

@Suite("Who has a data directory")
struct DirectoryLockTests {
    private static let ann = User(
        id: UserID("u"),
        username: "ann",
        createdAt: .at(0),
        email: nil,
        permissions: [.read],
        passwordHash: nil
    )

    private func refusal(_ open: () throws(StoreError) -> SQLiteStore) -> StoreError? {
        do throws(StoreError) {
            _ = try open()
            return nil
        } catch {
            return error
        }
    }

    @Test("a second relay is refused, and told who has it, until the first has closed")
    func second() async throws {
        let directory = TemporaryDirectory()
        defer { directory.remove() }
        let first = try SQLiteStore(directory: directory.path)
        let error = try #require(self.refusal { () throws(StoreError) in try SQLiteStore(directory: directory.path) })
        #expect(error.code == .unavailable)
        #expect(error.message.contains(directory.path) && error.message.contains("process \(getpid())"))
        #expect(try await first.put(.one(.bytes(1), to: .named("t"))).bounds.count == 1)
        await first.close()
        let next = try SQLiteStore(directory: directory.path)
        #expect(try await next.messages(in: .named("t")).count == 1)
        await next.close()
    }

    @Test("one that could not be opened leaves the directory free")
    func failed() async throws {
        let directory = TemporaryDirectory()
        defer { directory.remove() }
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        let path = directory.path + "/" + SQLiteStore.fileName
        try Data("no database at all, but long enough to look like one".utf8).write(to: URL(filePath: path))
        #expect(self.refusal { () throws(StoreError) in try SQLiteStore(directory: directory.path) } != nil)
        try FileManager.default.removeItem(atPath: path)
        let store = try SQLiteStore(directory: directory.path)
        await store.close()
    }

    @Test("guests come and go beside a relay, before it, and without it")
    func guests() async throws {
        let directory = TemporaryDirectory()
        defer { directory.remove() }
        let guest = try SQLiteStore(directory: directory.path, as: .guest)
        let relay = try SQLiteStore(directory: directory.path)
        #expect(try await guest.createUser(Self.ann))
        let other = try SQLiteStore(directory: directory.path, as: .guest)
        #expect(try await other.user(named: "ann") == Self.ann)
        await other.close()
        await guest.close()
        #expect(self.refusal { () throws(StoreError) in try SQLiteStore(directory: directory.path) } != nil)
        await relay.close()
    }

    @Test("a database that a newer version wrote is refused, and stays as it is")
    func newer() async throws {
        let directory = TemporaryDirectory()
        defer { directory.remove() }
        let store = try SQLiteStore(directory: directory.path)
        try await store.pool.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('v99: of the future')") }
        await store.close()
        for role in [SQLiteStore.Role.relay, .guest] {
            let error = self.refusal { () throws(StoreError) in try SQLiteStore(directory: directory.path, as: role) }
            #expect(error?.code == .unavailable && error?.message.contains("newer version") == true)
        }
    }

    @Test("a guest does not change the tables under a relay of an older version")
    func olderRelay() async throws {
        let directory = TemporaryDirectory()
        defer { directory.remove() }
        let relay = try SQLiteStore(directory: directory.path)
        try await relay.pool.write { db in
            try db.execute(sql: "ALTER TABLE pulse DROP COLUMN padding")
            try db.execute(sql: "DELETE FROM grdb_migrations WHERE identifier LIKE 'v5:%'")
        }
        let error = self.refusal { () throws(StoreError) in try SQLiteStore(directory: directory.path, as: .guest) }
        #expect(error?.message.contains("older version") == true)
        await relay.close()
        let guest = try SQLiteStore(directory: directory.path, as: .guest)
        await guest.close()
    }
}

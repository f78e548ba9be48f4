import Foundation
import GRDB
import NIOHTTP1
import RelayServer
import RelayStorage
import Testing

@Suite("Damaged records", .timeLimit(.minutes(1)))
struct DamagedRecordTests {
    @Test("one user or topic that can't be read is missing from lists, and all others are there")
    func lists() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "damaged-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await withRelay {
            $0.storage.backend = .sqlite
            $0.storage.dataDirectory = folder.path()
        } _: { relay in
            let admin = try await relay.administratorToken
            var users: [TestUser] = []
            for name in ["ann", "bob", "cyd"] { users.append(try await relay.makeUser(name, by: admin)) }
            for name in ["a", "b", "c"] { try await relay.publish(name, token: users[0].token) }
            for user in users[1...] {
                let path = "/api/v1/topics/a/permissions"
                let reply = try await relay.send(.POST, path, token: users[0].token, json: ["user_id": user.id])
                #expect(reply.status == 201)
            }
            // The relay writes beside this, for long where the disk is slow.
            var waiting = GRDB.Configuration()
            waiting.busyMode = .timeout(30)
            let file = try DatabaseQueue(path: folder.path() + "/" + SQLiteStore.fileName, configuration: waiting)
            try await file.write { db in
                try db.execute(
                    sql: "UPDATE users SET permissions = 'all' WHERE username = CAST('bob' AS BLOB)"
                )
                try db.execute(sql: "UPDATE topics SET name = 5 WHERE key = CAST('b' AS BLOB)")
            }
            try file.close()
            try await Self.expectTheOthers(relay, admin, owner: users[0])
        }
    }

    private static func expectTheOthers(_ relay: TestRelay, _ admin: String, owner: TestUser) async throws {
        func texts(_ path: String, _ field: String, token: String) async throws -> [String] {
            let reply = try await relay.send(.GET, path, token: token)
            try #require(reply.status == 200, "\(path): \(reply)")
            return reply.list.compactMap { $0[field] as? String }
        }
        let grants = "/api/v1/topics/a/permissions"
        #expect(try await texts(grants, "username", token: owner.token) == ["cyd"])
        let names = try await texts("/auth/users", "username", token: admin)
        #expect(names.sorted() == [TestRelay.administrator, "ann", "cyd"].sorted())
        #expect(try await texts("/api/v1/topics", "topic_name", token: owner.token) == ["a", "c"])
    }
}

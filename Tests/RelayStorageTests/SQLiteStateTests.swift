import Foundation
import GRDB
import NIOCore
import RelayCore
import RelayWire
import StoreContract
import Testing

@testable import RelayStorage

@Suite("States in the SQLite file", .timeLimit(.minutes(1)))
struct SQLiteStateTests {
    private static let key = TopicKey.named("room/1")
    private static let part = TopicKey.named("room/1/part")

    /// - Parameter life: which of the topic's lives; its messages say the same.
    private static func step(life: Int, revision: UInt64) -> TopicTransition {
        let text = ByteBuffer(string: "\(life) \(revision)")
        let record = TopicRecord(
            id: "\(life)",
            key: Self.key,
            kind: "room",
            owner: UserID("o"),
            createdAt: .at(0),
            isPublic: false,
            description: nil,
            state: StoredState(bytes: text, revision: revision)
        )
        return TopicTransition(
            key: Self.key,
            expected: revision == 1 ? nil : revision - 1,
            record: record,
            batch: AppendBatch(
                topic: Self.key,
                drafts: [Draft(timestamp: .at(0), payload: text)],
                retention: Retention(maxMessages: .max, maxAgeSeconds: nil)
            )
        )
    }

    @Test("whenever the process is killed, state, messages and parts are those of one transition")
    func killed() async throws {
        try await withSQLiteStore { store, directory in
            let writing = Task {
                for life in 1...12 {
                    for revision in 1...8 {
                        _ = try await store.transition(Self.step(life: life, revision: UInt64(revision)))
                    }
                    try await store.put(.one(.bytes(1), to: Self.part))
                    let end = TopicTransition(key: Self.key, expected: 8, record: nil, erased: [Self.part])
                    _ = try await store.transition(end)
                }
            }
            var seen: Set<String> = []
            for _ in 0..<24 {
                let copy = TemporaryDirectory()
                try FileManager.default.createDirectory(atPath: copy.path, withIntermediateDirectories: true)
                for suffix in ["", "-wal"] {
                    let name = "/" + SQLiteStore.fileName + suffix
                    try FileManager.default.copyItem(atPath: directory + name, toPath: copy.path + name)
                }
                let revived = try SQLiteStore(directory: copy.path)
                seen.insert(try await Self.expectWhole(revived))
                await revived.close()
                copy.remove()
            }
            try await writing.value
            #expect(try await Self.expectWhole(store) == "none")
            #expect(try await store.rows("states") == 0)
            #expect(try await store.count(of: "room", owner: "o") == 0)
        }
    }

    /// - Returns: what was found.
    private static func expectWhole(_ store: SQLiteStore) async throws -> String {
        let texts = try await store.messages(in: Self.key).map { String(buffer: $0.payload) }
        let listed = try await store.topics(ofKind: "room", after: nil, limit: 9)
        guard let topic = try await store.topic(Self.key), let state = topic.record.state else {
            #expect(texts.isEmpty && listed.isEmpty)
            #expect(try await store.messages(in: Self.part).isEmpty)
            return "none"
        }
        #expect(texts == (1...state.revision).map { "\(topic.record.id) \($0)" })
        #expect(texts.last == String(buffer: state.bytes) && listed == [topic])
        #expect(try await store.count(of: "room", owner: "o") == 1)
        return texts.last ?? ""
    }

    @Test("a transition that fails leaves nothing of it, and shares its commit with others else")
    func rolledBack() async throws {
        try await withSQLiteStore { store, _ in
            _ = try await store.transition(Self.step(life: 1, revision: 1))
            try await store.pool.writeWithoutTransaction { db in
                try db.execute(
                    sql:
                        "CREATE TRIGGER no BEFORE INSERT ON messages WHEN new.payload = CAST('1 2' AS BLOB) BEGIN SELECT raise(ABORT, 'no'); END"
                )
            }
            let before = try await store.topic(Self.key)
            await #expect(throws: StoreError.self) { try await store.transition(Self.step(life: 1, revision: 2)) }
            #expect(try await store.topic(Self.key) == before && before?.record.state?.revision == 1)
            try await store.pool.writeWithoutTransaction { try $0.execute(sql: "DROP TRIGGER no") }
            guard case .changed(let topic, _) = try await store.transition(Self.step(life: 1, revision: 2)) else {
                Issue.record("not changed")
                return
            }
            #expect(topic.bounds.count == 2)
        }
    }

    @Test("a database of before states and senders opens, and its messages have none")
    func earlier() async throws {
        let directory = TemporaryDirectory()
        defer { directory.remove() }
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        let queue = try DatabaseQueue(path: directory.path + "/" + SQLiteStore.fileName)
        try Schema.migrator.migrate(queue, upTo: "v7: topic counts")
        try await queue.write { db in
            for sql in [
                "INSERT INTO streams (id, key, name, last_ms, count, epoch) VALUES (1, CAST('t' AS BLOB), CAST('t' AS BLOB), 7, 2, 5)",
                "INSERT INTO messages VALUES (1, 6, 0, 6000, NULL, NULL, NULL, CAST('a' AS BLOB))",
                "INSERT INTO messages VALUES (1, 7, 0, 7000, NULL, CAST('p' AS BLOB), NULL, CAST('b' AS BLOB))",
                """
                INSERT INTO topics (key, id, name, kind, owner, created_at, is_public)
                VALUES (CAST('t' AS BLOB), CAST('i' AS BLOB), CAST('t' AS BLOB), CAST('stream' AS BLOB), CAST('o' AS BLOB), 0, 0)
                """,
            ] { try db.execute(sql: sql) }
        }
        try queue.close()
        let store = try SQLiteStore(directory: directory.path)
        let messages = try await store.messages(in: .named("t"))
        #expect(messages.map(\.sender) == [nil, nil] && messages.map(\.audience) == [.everyone, .one("p")])
        let topic = try await store.topic(.named("t"))
        #expect(topic?.record.id == "i" && topic?.record.state == nil)
        var draft = Draft.bytes(1)
        (draft.sender, draft.audience) = ("p", .others)
        try await store.put(.one(draft, to: .named("t")))
        #expect(try await store.messages(in: .named("t")).last?.sender == "p")
        await store.close()
    }
}

extension SQLiteStore {
    fileprivate func count(of kind: String, owner: String) async throws -> Int {
        try await self.pool.read { db in
            try Int.fetchOne(
                db,
                sql: "SELECT count FROM state_counts WHERE kind = CAST(? AS BLOB) AND owner = CAST(? AS BLOB)",
                arguments: [kind, owner]
            ) ?? 0
        }
    }
}

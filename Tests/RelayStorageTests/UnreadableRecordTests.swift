import GRDB
import NIOCore
import RelayAccess
import RelayCore
import RelayValkey
import RelayWire
import StoreContract
import Synchronization
import Testing

@testable import RelayStorage

/// Somebody, or a failing disk, has changed single records behind the relay's back. Each case leaves one damaged record among sound ones.
@Suite("Records that can't be read back", .timeLimit(.minutes(1)))
struct UnreadableRecordTests {
    private static let topic = TopicKey.named("t")

    @Test("sqlite: a message is left out, told of as a gap at its place, and noted once")
    func messageOfSQLite() async throws {
        try await Self.withSQLite { store, edit in
            let ids = try await Self.putThree(store)
            try edit("UPDATE messages SET timestamp = 'nonsense' WHERE ms = ? AND seq = ?", ids[1].columns)
            try await Self.expectGap(store, ids)
        }
    }

    @Test(
        "sqlite: no column of a message is taken for what it is not",
        arguments: ["timestamp = x'00'", "expires_at = 'never'", "audience = 5", "metadata = 1.5", "payload = 7"]
    )
    func columns(change: String) async throws {
        try await Self.withSQLite { store, edit in
            let ids = try await Self.putThree(store)
            try edit("UPDATE messages SET \(change) WHERE ms = ? AND seq = ?", ids[1].columns)
            try await Self.expectGap(store, ids)
        }
    }

    @Test(
        "sqlite: the same where the message's id can't be read",
        arguments: ["seq = 'x'", "seq = x'00ff'", "seq = seq + 0.5", "ms = ms + 0.5", "seq = -1"]
    )
    func idOfSQLite(change: String) async throws {
        try await Self.withSQLite { store, edit in
            let ids = try await Self.putThree(store)
            try edit("UPDATE messages SET \(change) WHERE ms = ? AND seq = ?", ids[1].columns)
            let notes = Notes(store)
            let first = try await store.page(.forward(after: .zero), 10)
            #expect(first.messages.map(\.id) == [ids[0]] && first.hasMore && first.lostThrough == nil)
            let second = try await store.page(.forward(after: ids[0]), 10)
            #expect(second.messages.map(\.id) == [ids[2]] && !second.hasMore)
            let lost = try #require(second.lostThrough)
            #expect(lost > ids[0] && lost < ids[2])
            let before = MessageID(milliseconds: ids[2].milliseconds - 1, sequence: .max)
            let last = try await store.page(.forward(after: ids[0], through: before), 10)
            #expect(last.messages.isEmpty && !last.hasMore && last.lostThrough == before)
            let backward = try await store.page(.backward(before: nil), 10)
            #expect(backward.messages.map(\.id) == [ids[2], ids[0]] && backward.lostThrough == nil)
            #expect(notes.all.count == 1 && notes.all[0].hasSuffix(" of topic t"), "\(notes.all)")
        }
    }

    @Test(
        "sqlite: a message whose id sorts behind all others costs them nothing",
        arguments: ["ms = 'x'", "seq = 'x'"]
    )
    func lastIDOfSQLite(change: String) async throws {
        try await Self.withSQLite { store, edit in
            let ids = try await Self.putThree(store)
            try edit("UPDATE messages SET \(change) WHERE ms = ? AND seq = ?", ids[2].columns)
            #expect(try await Self.all(store) == Array(ids[..<2]))
            for keep in [3, 2] {
                let next = try await store.put(.one(.bytes(1, at: 9), to: Self.topic, keep: keep)).stored[0].id
                #expect(try await Self.all(store).last == next)
            }
        }
    }

    @Test("sqlite: retention goes on over messages whose ids can't be read", arguments: ["seq = 'x'", "ms = ms + 0.5"])
    func retention(change: String) async throws {
        try await Self.withSQLite { store, edit in
            let ids = try await Self.putThree(store)
            // The writer reads streams anew after it.
            _ = try await store.sweep(at: .at(0), retention: Retention(maxMessages: .max, maxAgeSeconds: nil))
            try edit("UPDATE messages SET \(change) WHERE ms = ? AND seq = ?", ids[1].columns)
            for second in 4...9 {
                _ = try await store.put(.one(.bytes(second, at: Int64(second)), to: Self.topic, keep: 4))
            }
            #expect(try await store.messages(in: Self.topic).map(\.payload.readableBytes) == [6, 7, 8, 9])
            #expect(try await store.bounds(of: Self.topic).count == 4)
        }
    }

    @Test("sqlite: messages that have expired or aged go, though the ids of some can't be read")
    func sweepOfIDs() async throws {
        try await Self.withSQLite { store, edit in
            let ids = try await Self.putThree(store)
            for topic in ["u", "v"] {
                for second in 1...2 {
                    var draft = Draft.bytes(second, at: Int64(second))
                    draft.ttl = 20
                    try await store.put(.one(draft, to: .named(topic)))
                }
            }
            _ = try await store.sweep(at: .at(0), retention: Retention(maxMessages: .max, maxAgeSeconds: nil))
            try edit("UPDATE messages SET seq = 'x' WHERE ms = ? AND seq = ? AND expires_at IS NULL", ids[1].columns)
            try edit(
                "UPDATE messages SET seq = 'x' WHERE ms = ? AND stream = (SELECT id FROM streams WHERE key = ?)",
                [Int64(ids[0].milliseconds), "u"]
            )
            try edit("UPDATE streams SET name = 5 WHERE key = ?", ["v"])
            _ = try await store.sweep(at: .at(100), retention: Retention(maxMessages: .max, maxAgeSeconds: 10))
            #expect(try await store.bounds(of: .named("u")).count == 0)
            #expect(try await store.bounds(of: .named("v")).count == 0)
            #expect(try await store.messages(in: Self.topic).map(\.id) == [ids[2]])
            #expect(try await store.bounds(of: Self.topic).count == 1)
        }
    }

    @Test("sqlite: a topic whose name is a number is left out of every list, and counts go on")
    func nameOfSQLite() async throws {
        try await Self.withSQLite { store, edit in
            try await Self.fill(store)
            try edit("UPDATE topics SET name = 5, is_public = 'no' WHERE key = ?", ["b"])
            try edit("UPDATE users SET is_active = 'no' WHERE id = ?", ["u2"])
            let notes = Notes(store)
            #expect(try await store.topicNames(ownedBy: UserID("o"), limit: 2) == ["a", "c"])
            for user in ["o", "u0"] {
                let topics = try await store.topics(of: UserID(user), after: nil, limit: 2)
                #expect(topics.map(\.record.key.description) == ["a", "c"])
            }
            #expect(try await store.topics(after: nil, limit: 2).map(\.record.key.description) == ["a", "c"])
            #expect(try await store.topicCounts().total == 3)
            #expect(try await store.userCounts() == UserCounts(total: 3, active: 2))
            #expect(try await store.deleteUser(UserID("u1")) == [.named("a"), .named("b"), .named("c")])
            #expect(notes.all == ["topic b"])
            await #expect(throws: StoreError.self) { try await store.user(UserID("u2")) }
            #expect(notes.all == ["topic b", "user u2"])
        }
    }

    @Test(
        "Valkey: the same for an entry that is no message",
        arguments: [["foo", "bar"], ["p", "{}"], ["p", "{}", "t", "x"]]
    )
    func messageOfValkey(fields: [String]) async throws {
        try await ValkeyPlace.with { stores, probe in
            let ids = try await Self.putThree(stores[0])
            let entries = try await probe.send("XRANGE", probe.key("t", "stream"), "-", "+").array ?? []
            try await probe.send("DEL", probe.key("t", "stream"))
            for (index, id) in ids.enumerated() {
                let own = entries[index].array?[1].array?.compactMap(\.text) ?? []
                let written = (index == 1 ? fields : own).map { ValkeyArgument($0) }
                try await probe.send(["XADD", probe.key("t", "stream"), ValkeyArgument("\(id)")] + written)
            }
            try await Self.expectGap(stores[0], ids)
        }
    }

    @Test("Valkey: a message whose expiry is no number can be read, and does not expire")
    func expiryOfValkey() async throws {
        try await ValkeyPlace.with { stores, probe in
            let ids = try await Self.putThree(stores[0])
            try await probe.send("XADD", probe.key("t", "stream"), "1900000000000-0", "p", "{}", "t", "1", "x", "soon")
            #expect(try await stores[0].messages(in: Self.topic).map(\.id).prefix(3) == ids[...])
        }
    }

    @Test("sqlite: a stream whose row can't be read says so, and does not keep the sweep from the others")
    func sweep() async throws {
        try await Self.withSQLite { store, edit in
            for topic in ["t", "u"] {
                for _ in 1...2 { try await store.put(.one(.bytes(1, at: 0), to: .named(topic))) }
            }
            // The writer reads streams anew after it.
            _ = try await store.sweep(at: .at(0), retention: Retention(maxMessages: .max, maxAgeSeconds: nil))
            try edit("UPDATE streams SET trimmed_ms = 'x' WHERE key = ?", ["t"])
            let trimmed = try await store.sweep(
                at: .at(100),
                retention: Retention(maxMessages: .max, maxAgeSeconds: 10)
            )
            #expect(Array(trimmed.keys) == [.named("u")])
            let error = await #expect(throws: StoreError.self) { try await store.put(.one(.bytes(1), to: Self.topic)) }
            #expect(error?.code == .corrupt)
            await #expect(throws: StoreError.self) { try await store.messages(in: Self.topic) }
        }
    }

    // MARK: Users, topics, grants, tokens

    @Test("sqlite: lists go on without the record, and end where they end")
    func listsOfSQLite() async throws {
        try await Self.withSQLite { store, edit in
            try await Self.fill(store)
            try edit("UPDATE users SET permissions = 'all' WHERE id = ?", ["u1"])
            try edit("UPDATE topics SET owner = 5 WHERE key = ?", ["b"])
            try edit("UPDATE grants SET granted_at = 'once' WHERE user = ? AND topic = ?", ["u1", "a"])
            try edit("UPDATE refresh_tokens SET secret_hash = 5 WHERE jti = ?", ["j1"])
            try await Self.expectTheOthers(store)
        }
    }

    @Test("Valkey: the same")
    func listsOfValkey() async throws {
        try await ValkeyPlace.with { stores, probe in
            try await Self.fill(stores[0])
            let layout = KeyLayout(prefix: probe.prefix)
            try await probe.send("HSET", .init(layout.userPrefix + "u1"), "permissions", "all")
            try await probe.send("HDEL", .init(layout.topicPrefix + "b"), "owner")
            try await probe.send("HSET", .init(layout.grantsPrefix + "a"), "u1", "once")
            try await probe.send("HDEL", .init(layout.tokenPrefix + "j1"), "hash")
            try await Self.expectTheOthers(stores[0])
        }
    }

    @Test("Valkey: the same where a record is no hash")
    func wrongTypes() async throws {
        try await ValkeyPlace.with { stores, probe in
            try await Self.fill(stores[0])
            let layout = KeyLayout(prefix: probe.prefix)
            for key in [layout.userPrefix + "u1", layout.topicPrefix + "b", layout.tokenPrefix + "j1"] {
                try await probe.send("DEL", .init(key))
                try await probe.send("SADD", .init(key), "nonsense")
            }
            try await probe.send("HSET", .init(layout.grantsPrefix + "a"), "u1", "once")
            try await Self.expectTheOthers(stores[0])
        }
    }

    @Test("sqlite: an administrator can delete a topic whose record can't be read, and then it can be made anew")
    func deleteOfSQLite() async throws {
        try await Self.withSQLite { store, edit in
            _ = try await store.createTopic(.plain(Self.topic))
            try await store.put(.one(.bytes(1), to: Self.topic))
            try edit("UPDATE topics SET created_at = 'once' WHERE key = ?", ["t"])
            try await Self.expectDeletion(Broker(store: store, clock: Self.clock), store)
        }
    }

    @Test("Valkey: the same", arguments: ["no owner", "another record", "other grants"])
    func deleteOfValkey(damage: String) async throws {
        try await ValkeyPlace.with { stores, probe in
            _ = try await stores[0].createTopic(.plain(Self.topic))
            try await stores[0].put(.one(.bytes(1), to: Self.topic))
            let layout = KeyLayout(prefix: probe.prefix)
            if damage == "no owner" {
                try await probe.send("HDEL", .init(layout.topicPrefix + "t"), "owner")
            } else {
                let key = (damage == "other grants" ? layout.grantsPrefix : layout.topicPrefix) + "t"
                try await probe.send("DEL", .init(key))
                try await probe.send("SADD", .init(key), "nonsense")
            }
            try await Self.expectDeletion(Broker(store: stores[0], feed: stores[0].feed, clock: Self.clock), stores[0])
            // The former owner's list may still have it.
            let another = try #require(try await stores[0].topic(Self.topic)).record.owner
            #expect(another == UserID("other"))
            #expect(try await stores[0].topics(of: UserID("o"), after: nil, limit: 10).isEmpty)
        }
    }
}

// MARK: - Steps

extension UnreadableRecordTests {
    /// What was noted, in order.
    private final class Notes: Sendable {
        private let list = Mutex<[String]>([])

        init(_ store: any StoreLifecycle) {
            store.unreadable?.observe { place, _ in self.list.withLock { $0.append(place) } }
        }

        var all: [String] { self.list.withLock { $0 } }
    }

    private static func withSQLite(
        _ body: (SQLiteStore, _ edit: (String, [any DatabaseValueConvertible]) throws -> Void) async throws -> Void
    ) async throws {
        try await withSQLiteStore { store, directory in
            // The store writes beside this, for long where the disk is slow.
            var waiting = GRDB.Configuration()
            waiting.busyMode = .timeout(30)
            let file = try DatabaseQueue(path: directory + "/" + SQLiteStore.fileName, configuration: waiting)
            try await body(store) { sql, arguments in
                try file.write { db in
                    // Texts are stored as bytes.
                    let values = arguments.map { ($0 as? String).map { DatabaseValue($0) } ?? $0.databaseValue }
                    try db.execute(sql: sql, arguments: StatementArguments(values))
                    try #require(db.changesCount == 1)
                }
            }
        }
    }

    /// The ids of all messages, which come in a few pages.
    private static func all(_ store: some MessageStore) async throws -> [MessageID] {
        var (after, found) = (MessageID.zero, [MessageID]())
        for _ in 1...3 {
            let page = try await store.page(.forward(after: after), 10)
            found += page.messages.map(\.id)
            after = page.messages.last?.id ?? after
            guard page.hasMore else { return found }
        }
        Issue.record("the pages have no end")
        return found
    }

    private static func putThree(_ store: some MessageStore) async throws -> [MessageID] {
        var ids: [MessageID] = []
        for second in 1...3 {
            var draft = Draft.bytes(second, at: Int64(second))
            draft.metadata = ByteBuffer(string: "{}")
            ids.append(try await store.put(.one(draft, to: Self.topic)).stored[0].id)
        }
        return ids
    }

    private static var clock: RelayClock { RelayClock(now: { .at(0) }, uptime: { .uptimeNanoseconds(0) }) }

    private static func expectDeletion(_ broker: Broker, _ store: some MessageStore & TopicStore) async throws {
        let owner = Principal(id: UserID("o"), username: "o", permissions: [.read, .write])
        let administrator = Principal(id: UserID("a"), username: "a", permissions: [.admin, .read, .write])
        await #expect(throws: BrokerError.self) { try await broker.deleteTopic(Self.topic, as: owner) }
        try await broker.deleteTopic(Self.topic, as: administrator)
        let other = Principal(id: UserID("other"), username: "other", permissions: [.read, .write])
        _ = try await broker.createTopic(Self.topic, isPublic: false, description: nil, by: other)
        try await store.put(.one(.bytes(2), to: Self.topic))
        #expect(try await store.messages(in: Self.topic).map(\.payload.readableBytes) == [2])
    }

    /// The second of three messages can't be read.
    private static func expectGap(_ store: some MessageStore & StoreLifecycle, _ ids: [MessageID]) async throws {
        let notes = Notes(store)
        for limit in [1, 2, 10] {
            let first = try await store.page(.forward(after: .zero), limit)
            #expect(first.messages.map(\.id) == [ids[0]] && first.hasMore && first.lostThrough == nil)
            let second = try await store.page(.forward(after: ids[0]), limit)
            #expect(second.messages.map(\.id) == [ids[2]] && !second.hasMore && second.lostThrough == ids[1])
        }
        let last = try await store.page(.forward(after: ids[0], through: ids[1]), 10)
        #expect(last.messages.isEmpty && !last.hasMore && last.lostThrough == ids[1])
        let backward = try await store.page(.backward(before: nil), 10)
        #expect(backward.messages.map(\.id) == [ids[2], ids[0]] && backward.lostThrough == nil)
        #expect(notes.all == ["message \(ids[1]) of topic t"])
    }

    private static func fill(_ store: some RelayContents) async throws {
        for id in ["u0", "u1", "u2"] {
            let user = User(
                id: UserID(id),
                username: id,
                createdAt: .at(0),
                email: nil,
                permissions: [.read],
                passwordHash: nil
            )
            _ = try await store.createUser(user)
        }
        for name in ["a", "b", "c"] {
            _ = try await store.createTopic(.plain(.named(name)))
            for user in ["u0", "u1"] {
                let grant = Grant(user: UserID(user), grantedAt: .at(0))
                _ = try await store.addGrant(grant, to: .named(name), limit: 10)
            }
        }
        for jti in ["j0", "j1"] {
            let token = RefreshToken(
                jti: jti,
                user: UserID("u0"),
                chain: jti,
                secretHash: [1, 2],
                issuedAt: .at(0),
                expiresAt: .at(60),
                clientHint: nil
            )
            _ = try await store.insertRefreshToken(token, generation: 0)
        }
    }

    private static func expectTheOthers(_ store: some RelayContents & StoreLifecycle) async throws {
        let notes = Notes(store)
        for _ in 0..<2 {
            // By pages of two: one that is short would be taken for the last.
            let users = try await store.users(after: nil, limit: 2)
            #expect(users.map(\.id.rawValue) == ["u0", "u2"])
            #expect(try await store.topics(after: nil, limit: 2).map(\.record.key.description) == ["a", "c"])
            let owned = try await store.topics(of: UserID("o"), after: nil, limit: 2)
            #expect(owned.map(\.record.key.description) == ["a", "c"])
            #expect(try await store.topic(.named("a"))?.grants.map(\.user.rawValue) == ["u0"])
            #expect(try await store.topic(.named("c"))?.grants.map(\.user.rawValue) == ["u0", "u1"])
            #expect(try await store.liveRefreshTokens(of: UserID("u0"), at: .at(1)).map(\.jti) == ["j0"])
            #expect(try await store.refreshToken("j1") == nil)
        }
        let places = ["user u1", "topic b", "grant of topic a for user u1", "refresh token j1"]
        #expect(Set(notes.all) == Set(places) && notes.all.count == places.count)
        // What exists is not taken for free.
        await #expect(throws: StoreError.self) { try await store.topic(.named("b")) }
        await #expect(throws: StoreError.self) { try await store.user(UserID("u1")) }
    }
}

private typealias RelayContents = RefreshTokenStore & TopicStore & UserStore

extension MessageStore {
    fileprivate func page(_ range: ReadRequest.Range, _ limit: Int) async throws -> StoredPage {
        let request = ReadRequest(topic: .named("t"), range: range, maxMessages: limit, maxBytes: .max, now: .at(4))
        let result = await withCheckedContinuation { continuation in
            self.read(request) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }
}

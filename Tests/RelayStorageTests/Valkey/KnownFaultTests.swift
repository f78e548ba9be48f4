import NIOCore
import RelayAccess
import RelayCore
import RelayStorage
import RelayValkey
import RelayWire
import StoreContract
import Testing

/// What the Python relay got wrong on Valkey, each by its name: see the contract of the wire, part 14.
@Suite("Known faults of the Python relay on Valkey", .timeLimit(.minutes(1)))
struct KnownFaultTests {
    private let topic = TopicKey.named("t")

    @Test("concurrent first publishes to a new topic all succeed")
    func concurrentFirstPublishes() async throws {
        try await ValkeyPlace.with(2) { stores, _ in
            let created = try await withThrowingTaskGroup(of: Bool.self) { group in
                for index in 0..<24 {
                    group.addTask {
                        let isNew = try await stores[index % 2].createTopic(.plain(self.topic, owner: "u\(index)"))
                            .isNew
                        return isNew
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(created == 1)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<24 {
                    group.addTask { try await stores[index % 2].put(.one(.bytes(index), to: self.topic)) }
                }
                try await group.waitForAll()
            }
            #expect(try await stores[0].messages(in: self.topic).count == 24)
        }
    }

    @Test("no message survives its topic's deletion, not even one left behind by a relay that died in between")
    func messagesSurviveDeletion() async throws {
        try await ValkeyPlace.with(2) { stores, probe in
            _ = try await stores[0].createTopic(.plain(self.topic))
            try await stores[0].put(.one(.bytes(1), to: self.topic))
            _ = try await stores[1].deleteTopic(self.topic)
            #expect(try await stores[0].messages(in: self.topic).isEmpty)
            #expect(try await probe.send("EXISTS", probe.key("t", "stream")).integer == 0)
            try await stores[0].put(.one(.bytes(2), to: self.topic))
            #expect(try await stores[1].createTopic(.plain(self.topic)).topic.bounds.count == 0)
            #expect(try await stores[0].messages(in: self.topic).isEmpty)
        }
    }

    @Test("creating a topic writes no user record back, so it undoes no administrator's change")
    func staleUserRecord() async throws {
        try await ValkeyPlace.with(2) { stores, _ in
            let id = UserID("u")
            let user = User(
                id: id,
                username: "u",
                createdAt: .at(0),
                email: nil,
                permissions: [.write],
                passwordHash: nil
            )
            _ = try await stores[0].createUser(user)
            _ = try await stores[0].user(id)
            let changes = UserChanges(isActive: false, permissions: [])
            let changed = try await stores[1].updateUser(id, changes)
            _ = try await stores[0].createTopic(.plain(self.topic, owner: "u"))
            #expect(try await stores[0].user(id) == changed)
            #expect(changed?.isActive == false && changed?.permissions == [])
        }
    }

    @Test("concurrent posts of one key are stored once, on one topic or several", arguments: [1, 6])
    func concurrentSameKey(topics: Int) async throws {
        try await ValkeyPlace.with(2) { stores, _ in
            let key = IdempotencyKey(user: UserID("u"), route: "single", value: "k")
            let mark = IdempotencyMark(key: key, index: 0, total: 1, expiresAt: .at(600))
            let stored = try await withThrowingTaskGroup(of: StoredDraft.self) { group in
                for index in 0..<12 {
                    group.addTask {
                        var draft = Draft.bytes(index)
                        draft.idempotency = mark
                        let batch = AppendBatch.one(draft, to: .named("t\(index % topics)"))
                        return try await stores[index % 2].put(batch).stored[0]
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(stored.count { !$0.isRepeat } == 1)
            #expect(Set(stored.map(\.id)).count == 1)
            var count = 0
            for index in 0..<topics { count += try await stores[0].messages(in: .named("t\(index)")).count }
            #expect(count == 1)
        }
    }

    @Test("a claim whose relay died before it stored anything is taken over, and what it sent comes too late")
    func abandonedClaim() async throws {
        try await ValkeyPlace.with { stores, probe in
            let key = IdempotencyKey(user: UserID("u"), route: "single", value: "k")
            var draft = Draft.bytes(1)
            draft.idempotency = IdempotencyMark(key: key, index: 0, total: 1, expiresAt: .at(600))
            try await probe.send("HSET", "\(probe.prefix){i:\(key)}:claims", "0", "1 dead")
            let first = try await stores[0].put(.one(draft, to: self.topic)).stored[0]
            #expect(!first.isRepeat)
            let late = try await stores[0].put(.one(draft, to: .named("dead"))).stored[0]
            #expect(late.isRepeat && late.id == first.id)
            #expect(try await stores[0].messages(in: .named("dead")).isEmpty)
            #expect(try await stores[0].idempotencyEntries(for: key, at: .at(1)).map(\.topic) == [self.topic])
        }
    }

    @Test("a look before a publish waits for what another relay is storing elsewhere under the key")
    func pendingClaim() async throws {
        try await ValkeyPlace.with(2) { stores, probe in
            let key = IdempotencyKey(user: UserID("u"), route: "single", value: "k")
            var draft = Draft.bytes(1)
            draft.idempotency = IdempotencyMark(key: key, index: 0, total: 1, expiresAt: .at(600))
            try await probe.send("HSET", "\(probe.prefix){i:\(key)}:claims", "0", "1 elsewhere")
            async let known = stores[0].idempotencyEntries(for: key, publishingTo: [self.topic], at: .at(1))
            let first = try await stores[1].put(.one(draft, to: .named("elsewhere"))).stored[0]
            #expect(try await known.map(\.topic) == [.named("elsewhere")])
            #expect(try await known.map(\.id) == [first.id])
        }
    }

    @Test("a malformed cursor reads from the oldest message, and the largest one nothing")
    func malformedCursor() async throws {
        try await ValkeyPlace.with { stores, _ in
            try await stores[0].put(.one(.bytes(1), to: self.topic))
            for (text, count) in [
                ("bogus", 1), ("msg_0123456789ab", 1), ("18446744073709551615-18446744073709551615", 0),
            ] {
                let request = ReadRequest(
                    topic: self.topic,
                    range: .forward(after: Cursor(clientText: text).id),
                    maxMessages: 10,
                    maxBytes: 1 << 20,
                    now: .at(0)
                )
                let page = await withCheckedContinuation { continuation in
                    stores[0].read(request) { continuation.resume(returning: $0) }
                }
                #expect(try page.get().messages.count == count)
            }
        }
    }

    @Test("the order in which publishers are answered is the stored order")
    func publishersOrder() async throws {
        try await ValkeyPlace.with(2) { stores, _ in
            var answered: [MessageID] = []
            for index in 0..<30 {
                // Clocks that disagree by a second.
                let draft = Draft.bytes(index, at: Int64(index % 2))
                answered += try await stores[index % 2].put(.one(draft, to: self.topic)).stored.map(\.id)
            }
            #expect(try await stores[0].messages(in: self.topic).map(\.id) == answered)
            #expect(zip(answered, answered.dropFirst()).allSatisfy { $0 < $1 })
        }
    }
}

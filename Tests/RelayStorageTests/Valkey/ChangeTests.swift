import RelayAccess
import RelayCore
import RelayStorage
import RelayValkey
import RelayWire
import StoreContract
import Testing
import ValkeyFixture

@Suite("Changes that relays are told of", .timeLimit(.minutes(1)))
struct ChangeTests {
    private func user(_ id: String) -> User {
        User(id: UserID(id), username: id, createdAt: .at(0), email: nil, permissions: [.read], passwordHash: nil)
    }

    @Test("both stores are told of every change, once and in order")
    func announced() async throws {
        try await ValkeyPlace.with(2) { stores, _ in
            let logs = stores.map { _ in EventLog<StoreChange>() }
            for (store, log) in zip(stores, logs) { store.observeChanges(log.add) }
            let (topic, id) = (TopicKey.named("t"), UserID("u"))
            _ = try await stores[0].createUser(self.user("u"))
            _ = try await stores[0].updateUser(id, UserChanges())
            _ = try await stores[0].updateUser(id, UserChanges(isActive: false))
            _ = try await stores[0].updateUser(id, UserChanges(passwordHash: "new"))
            #expect(try await stores[1].user(id)?.passwordGeneration == 1)
            _ = try await stores[0].createTopic(.plain(topic))
            _ = try await stores[0].createTopic(.plain(topic))
            _ = try await stores[0].addGrant(Grant(user: id, grantedAt: .at(0)), to: topic)
            _ = try await stores[0].updateTopic(topic, TopicChanges(isPublic: true))
            _ = try await stores[0].updateTopic(topic, TopicChanges(durability: .own(.memory)))
            #expect(try await stores[1].topic(topic)?.record.durability == .memory)
            _ = try await stores[0].deleteUser(id)
            _ = try await stores[0].deleteTopic(topic)
            _ = try await stores[0].createUser(self.user("end"))
            let expected: [StoreChange] = [
                .user(id), .user(id), .user(id), .topic(topic), .topic(topic), .topic(topic), .topic(topic), .user(id),
                .topic(topic), .topic(topic), .user(UserID("end")),
            ]
            for log in logs { #expect(await log.first { $0 == .user(UserID("end")) } == expected) }
        }
    }

    @Test("a change is told by its announcement, not by the next poll")
    func quick() async throws {
        try await ValkeyPlace.with(2) { stores, _ in
            let log = EventLog<StoreChange>()
            stores[1].observeChanges(log.add)
            var quickest = Duration.seconds(60)
            for index in 0..<5 {
                let start = ContinuousClock.now
                _ = try await stores[0].createUser(self.user("u\(index)"))
                await log.first { $0 == .user(UserID("u\(index)")) }
                quickest = min(quickest, ContinuousClock.now - start)
            }
            // Milliseconds as a rule; polls are 1.6 s apart at least.
            #expect(quickest < .seconds(1))
        }
    }

    @Test("after its connection was killed a store is told that anything may be different, within 5 s")
    func reconnection() async throws {
        try await ValkeyServerProcess.with { server in
            try await server.withStores(2) { stores, probe in
                let log = EventLog<StoreChange>()
                stores[1].observeChanges(log.add)
                try await probe.send("CLIENT", "KILL", "TYPE", "pubsub")
                let start = ContinuousClock.now
                _ = try await stores[0].createUser(self.user("u"))
                await log.first { $0 == .everything }
                #expect(ContinuousClock.now - start < .seconds(5))
            }
        }
    }

    @Test("an announcement that never came is noticed within 5 s")
    func lost() async throws {
        try await ValkeyPlace.with { stores, probe in
            let log = EventLog<StoreChange>()
            stores[0].observeChanges(log.add)
            _ = try await stores[0].createUser(self.user("u"))
            await log.first { $0 == .user(UserID("u")) }
            let start = ContinuousClock.now
            try await probe.send("INCR", "\(probe.prefix){!}:version")
            await log.first { $0 == .everything }
            #expect(ContinuousClock.now - start < .seconds(5))
        }
    }

    @Test("a server that was wiped is noticed within 5 s")
    func wiped() async throws {
        try await ValkeyPlace.with { stores, probe in
            let log = EventLog<StoreChange>()
            stores[0].observeChanges(log.add)
            for name in ["u", "v"] { _ = try await stores[0].createUser(self.user(name)) }
            await log.first { $0 == .user(UserID("v")) }
            let start = ContinuousClock.now
            try await probe.send("DEL", "\(probe.prefix){!}:version")
            await log.first { $0 == .everything }
            #expect(ContinuousClock.now - start < .seconds(5))
        }
    }
}

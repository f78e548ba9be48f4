import RelayCore
import RelayWire
import Testing

@Suite("Managing topics")
struct ManageTopicTests {
    private let relay = TestRelay()
    private let key = TopicKey.named("news")

    @Test("of many that create a topic at once one does, and the others are told that it exists")
    func createRace() async throws {
        self.relay.store.beforeTopicCalls { _ in await Task.yield() }
        let users = (0..<20).map { Principal.user("u\($0)") }
        let (created, refused) = (Collected<UserID>(), Collected<BrokerError>())
        await withTaskGroup(of: Void.self) { group in
            for user in users {
                group.addTask {
                    do throws(BrokerError) {
                        let stored = try await self.relay.broker.createTopic(
                            self.key,
                            isPublic: false,
                            description: user.username,
                            by: user
                        )
                        created.add([stored.record.owner])
                    } catch {
                        refused.add([error])
                    }
                }
            }
        }
        #expect(created.all.count == 1)
        #expect(refused.all == Array(repeating: .exists, count: 19))
        #expect(try await self.relay.store.topic(self.key)?.record.owner == created.all.first)
    }

    @Test("a topic created over a waiting one is the waiting one")
    func createOverWaiting() async throws {
        let waiting = try await self.relay.loaded()
        #expect(waiting.access.record == nil)
        _ = try await self.relay.broker.createTopic(self.key, isPublic: true, description: "d", by: .olga)
        #expect(waiting.access.record?.description == "d")
    }

    @Test(
        "who may look at a topic and who may manage it",
        arguments: [
            (Principal.ada, nil, nil), (.olga, nil, nil), (.greta, nil, BrokerError.denied),
            (.sven, BrokerError.denied, .denied),
        ]
    )
    func rules(who: Principal, inspecting: BrokerError?, managing: BrokerError?) async throws {
        _ = try await self.relay.topic()
        _ = try await self.relay.broker.grant(Principal.greta.id, on: self.key, as: .olga)
        let broker = self.relay.broker
        #expect(
            await Self.error { () async throws(BrokerError) in
                _ = try await broker.storedTopic(self.key, for: .inspect, as: who)
            }
                == inspecting
        )
        #expect(
            await Self.error { () async throws(BrokerError) in
                _ = try await broker.storedTopic(self.key, for: .manage, as: who)
            }
                == managing
        )
        #expect(
            await Self.error { () async throws(BrokerError) in
                _ = try await broker.updateTopic(self.key, TopicChanges(description: "x"), as: who)
            } == managing
        )
        #expect(
            await Self.error { () async throws(BrokerError) in
                _ = try await broker.grant(Principal.sven.id, on: self.key, as: who)
            } == managing
        )
        #expect(
            await Self.error { () async throws(BrokerError) in
                _ = try await broker.revokeGrant(of: UserID("nobody"), on: self.key, as: who)
            } == managing
        )
        #expect(
            await Self.error { () async throws(BrokerError) in try await broker.deleteTopic(self.key, as: who) }
                == managing
        )
    }

    private static func error(_ body: () async throws(BrokerError) -> Void) async -> BrokerError? {
        do throws(BrokerError) {
            try await body()
            return nil
        } catch {
            return error
        }
    }

    @Test("a topic whose record can't be read is deleted by an administrator alone", arguments: [true, false])
    func deleteUnreadable(isInMemory: Bool) async throws {
        let topic = try await self.relay.topic()
        let relay = isInMemory ? self.relay : self.relay.restarted()
        let error = StoreError(.corrupt, "nonsense")
        relay.store.failTopicReads(error)
        await #expect(throws: BrokerError.store(error)) { try await relay.broker.deleteTopic(self.key, as: .olga) }
        try await relay.broker.deleteTopic(self.key, as: .ada)
        relay.store.failTopicReads(nil)
        #expect(try await relay.store.topic(self.key) == nil)
        #expect((topic.access.record == nil) == isInMemory)
        try await relay.publishAll([1], as: .sven)
    }

    @Test("grants that were changed from outside count once the broker is told")
    func changedOutside() async throws {
        let topic = try await self.relay.topic()
        _ = try await self.relay.store.addGrant(
            Grant(user: Principal.greta.id, grantedAt: self.relay.clock.now),
            to: self.key,
            limit: .max
        )
        #expect(topic.access.grants.isEmpty)
        try await self.relay.broker.topicsChanged([self.key, .named("other")])
        #expect(topic.access.grants == [Principal.greta.id])
    }

    @Test("one's topics are those that one owns and those that one is granted; others' public ones are not")
    func lists() async throws {
        _ = try await self.relay.topic("a", isPublic: true)
        _ = try await self.relay.topic("b")
        _ = try await self.relay.broker.grant(Principal.greta.id, on: .named("b"), as: .olga)
        #expect(
            try await self.relay.broker.topics(of: Principal.olga.id, after: nil, limit: 9).map(
                \.record.key.name.rawValue
            ) == ["a", "b"]
        )
        #expect(
            try await self.relay.broker.topics(of: Principal.greta.id, after: nil, limit: 9).map(
                \.record.key.name.rawValue
            ) == ["b"]
        )
        #expect(try await self.relay.broker.topicNames(ownedBy: Principal.greta.id, limit: 9).isEmpty)
        #expect(try await self.relay.broker.topicCounts() == TopicCounts(total: 2, publicTopics: 1))
    }
}

import RelayWire
import Testing

@testable import RelayCore

@Suite("Deleting a topic")
struct DeleteTopicTests {
    private let relay = TestRelay()
    private let key = TopicKey.named("news")

    @Test("an append under way, and what waits behind it, is finished before; nothing of it survives")
    func finishesAppends() async throws {
        _ = try await self.relay.topic()
        let store = self.relay.store
        store.completeAppends(.held)
        try self.relay.publish(1...5)
        let isDeleting = Signal()
        async let deleted: Void = self.relay.broker.deleteTopic(self.key, as: .olga)
        store.beforeTopicCalls { call in if case .delete = call { isDeleting.fire() } }
        for _ in 0..<100 { await Task.yield() }
        #expect(!isDeleting.hasFired)
        store.completeAppends(.inline)
        store.releaseAppends()
        try await deleted
        #expect(isDeleting.hasFired)
        #expect(store.ids(in: self.key).isEmpty)
        #expect(store.calls.appends == [1, 4])
        #expect(self.relay.broker.statistics.hotBytes == 0)
        await #expect(throws: BrokerError.missing) {
            try await self.relay.broker.history(of: self.key, .ascending, cursor: .oldest, limit: 10, as: .olga)
        }
    }

    @Test("a publish that meets the deletion waits for it, creates the topic anew, and goes on with later ids")
    func createsAnew() async throws {
        let topic = try await self.relay.topic()
        try self.relay.publish(1...3)
        let old = topic.bounds.last
        let store = self.relay.store
        let meeting = Signal()
        store.beforeTopicCalls { call in
            guard case .delete = call else { return }
            meeting.fire()
            for _ in 0..<100 { await Task.yield() }
        }
        async let deleted: Void = self.relay.broker.deleteTopic(self.key, as: .olga)
        await meeting.wait()
        let item = Broker.Item(key: self.key, draft: .numbered(4, at: self.relay.clock.now))
        #expect(!self.relay.broker.publishNow(item, as: .olga) { _ in })
        let stored = try await self.relay.publishAll([4])[0].get()
        try await deleted
        let id = try #require(stored.id)
        #expect(id > old)
        #expect(store.ids(in: self.key) == [id])
        #expect(topic.access.record?.description == "Auto-created topic by olga")
    }

    @Test("a publish by one who is decided on before a deletion is decided on again after it")
    func decidedBefore() async throws {
        let topic = try await self.relay.topic()
        let version = topic.accessView.version
        try await self.relay.broker.deleteTopic(self.key, as: .olga)
        guard
            case .moved = topic.enqueue([.numbered(1, at: self.relay.clock.now)], decidedOn: version, ticket: { _ in })
        else {
            Issue.record("stored in what is no topic")
            return
        }
        #expect(self.relay.store.ids(in: self.key).isEmpty)
    }

    @Test("publishers and deletions at once: every message is in the topic that there is, or gone with its topic")
    func atOnce() async throws {
        let store = self.relay.store
        store.completeAppends(.either(seed: 5))
        await withTaskGroup(of: Void.self) { group in
            for publisher in 0..<4 {
                group.addTask {
                    for number in 0..<50 {
                        let results = try? await self.relay.publishAll([publisher * 50 + number])
                        #expect(results?.allSatisfy { $0.error == nil } == true)
                    }
                }
            }
            group.addTask {
                for _ in 0..<20 { try? await self.relay.broker.deleteTopic(self.key, as: .olga) }
            }
        }
        #expect(store.calls.overlaps == 0)
        let topic = try await self.relay.broker.topic(self.key)
        #expect(topic.bounds == (try await store.bounds(of: self.key)))
        let isThere = try await store.topic(self.key) != nil
        #expect((topic.access.record != nil) == isThere)
        #expect(isThere || store.ids(in: self.key).isEmpty)
    }

    @Test("a store that fails to delete leaves the topic as it was")
    func missing() async throws {
        await #expect(throws: BrokerError.missing) { try await self.relay.broker.deleteTopic(self.key, as: .ada) }
        let topic = try await self.relay.topic()
        await #expect(throws: BrokerError.denied) { try await self.relay.broker.deleteTopic(self.key, as: .sven) }
        #expect(await topic.close())
        topic.reopen()
        try self.relay.publish([1])
        #expect(self.relay.store.numbers(in: self.key) == [1])
    }

    @Test("who managed the topic before does not manage another's of the same name")
    func sameName() async throws {
        _ = try await self.relay.topic()
        let (broker, store, key) = (self.relay.broker, self.relay.store, self.key)
        let isDecided = Signal()
        let record = TopicRecord.olgas("news", at: self.relay.clock.now)
        // The test holds the key's lock while a deletion comes, and hands the name to somebody else.
        async let deleted = Result<Void, BrokerError> { () async throws(BrokerError) in
            await isDecided.wait()
            try await broker.deleteTopic(key, as: .sven)
        }
        await broker.topicLock.withLock(key) {
            _ = try? await store.deleteTopic(key)
            _ = try? await store.createTopic(record.owned(by: .sven), within: .unlimited)
            isDecided.fire()
            for _ in 0..<200 { await Task.yield() }
            _ = try? await store.deleteTopic(key)
            _ = try? await store.createTopic(record, within: .unlimited)
        }
        #expect(await deleted.error == .denied)
        #expect(try await store.topic(key)?.record.owner == Principal.olga.id)
    }

    @Test("a topic that leaves memory at that moment is looked up again")
    func retired() async throws {
        let topic = try await self.relay.topic()
        try self.relay.publish([1])
        self.relay.clock.advance(seconds: 60)
        #expect(topic.retire(ifUnusedSince: self.relay.clock.uptime))
        #expect(await !topic.close())
        try await self.relay.broker.deleteTopic(self.key, as: .olga)
        #expect(!topic.isInService)
        #expect(try await self.relay.store.topic(self.key) == nil)
        try await self.relay.publishAll([2])
        let current = try await self.relay.broker.topic(self.key)
        #expect(current !== topic)
        #expect(current.access.record?.owner == Principal.olga.id)
    }
}

extension Result {
    var error: Failure? {
        if case .failure(let error) = self { return error }
        return nil
    }

    fileprivate init(_ body: () async throws(Failure) -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}

extension TopicRecord {
    fileprivate func owned(by principal: Principal) -> TopicRecord {
        TopicRecord(
            id: self.id,
            key: self.key,
            kind: self.kind,
            owner: principal.id,
            createdAt: self.createdAt,
            isPublic: self.isPublic,
            description: self.description
        )
    }
}

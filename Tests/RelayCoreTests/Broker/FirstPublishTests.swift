import RelayWire
import Testing

@testable import RelayCore

@Suite("The first publish to a name")
struct FirstPublishTests {
    private let relay = TestRelay()

    @Test("many at once make one topic with one owner, and all are stored")
    func atOnce() async throws {
        self.relay.store.beforeTopicCalls { _ in await Task.yield() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<50 {
                group.addTask {
                    for result in try await self.relay.publishAll([number]) { _ = try result.get() }
                }
            }
            try await group.waitForAll()
        }
        #expect(self.relay.store.numbers(in: .named("news")).sorted() == Array(0..<50))
        let stored = try await self.relay.broker.storedTopic(.named("news"), for: .inspect, as: .olga)
        #expect(stored.record.owner == Principal.olga.id)
        #expect(!stored.record.isPublic)
        #expect(stored.record.description == "Auto-created topic by olga")
        #expect(stored.record.kind == "stream")
        #expect(self.relay.broker.statistics.residentTopics == 1)
    }

    @Test("of several users one owns it, and only that one's messages are in it")
    func oneOwner() async throws {
        let users = (0..<12).map { Principal.user("u\($0)") }
        self.relay.store.beforeTopicCalls { _ in await Task.yield() }
        let accepted = Collected<UserID>()
        await withTaskGroup(of: Void.self) { group in
            for (number, user) in users.enumerated() {
                group.addTask {
                    let results = try? await self.relay.publishAll([number], as: user)
                    if let stored = try? results?.first?.get(), !stored.isRepeat { accepted.add([user.id]) }
                }
            }
        }
        let owner = try #require(try await self.relay.store.topic(.named("news"))).record.owner
        #expect(accepted.all == [owner])
        #expect(self.relay.store.numbers(in: .named("news")).map { users[$0].id } == [owner])
    }

    @Test("who finds the topic created as another's private one meanwhile is denied")
    func createdMeanwhile() async throws {
        let store = self.relay.store
        let clock = self.relay.clock
        store.beforeTopicCalls { call in
            guard case .createWithMessages = call else { return }
            store.beforeTopicCalls(nil)
            _ = try? await store.createTopic(.olgas("news", at: clock.now), within: .unlimited)
        }
        await #expect(throws: BrokerError.denied) { try await self.relay.publishAll([1], as: .greta) }
        #expect(store.ids(in: .named("news")).isEmpty)
    }

    @Test("is one step of the store: the topic and its messages")
    func oneStep() async throws {
        let calls = Collected<String>()
        self.relay.store.beforeTopicCalls { calls.add(["\($0)"]) }
        try await self.relay.publishAll(0..<3)
        #expect(calls.all == ["createWithMessages"])
        #expect(self.relay.store.numbers(in: .named("news")) == [0, 1, 2])
        try await self.relay.publishAll([3])
        #expect(self.relay.store.calls.appends == [3, 1])
        #expect(self.relay.store.calls.overlaps == 0)
    }

    @Test("with an idempotency key it is not tried before it is known that the publisher may: nothing claims the key")
    func claimsNothing() async throws {
        let record = TopicRecord.olgas("news", at: self.relay.clock.now)
        _ = try await self.relay.store.createTopic(record, within: .unlimited)
        let calls = Collected<String>()
        self.relay.store.beforeTopicCalls { calls.add(["\($0)"]) }
        let item = Broker.Item(key: .named("news"), draft: .numbered(1, at: self.relay.clock.now))
        let key = IdempotencyKey(user: Principal.greta.id, route: "single", value: "k")
        await #expect(throws: BrokerError.denied) {
            try await self.relay.broker.publish([item], once: key, as: .greta)
        }
        #expect(!calls.all.contains("createWithMessages"))
    }

    @Test("a topic that is stored and not in memory is published to as it is")
    func storedMeanwhile() async throws {
        let record = TopicRecord.olgas("news", at: self.relay.clock.now)
        _ = try await self.relay.store.createTopic(record, within: .unlimited)
        await #expect(throws: BrokerError.denied) { try await self.relay.publishAll([1], as: .greta) }
        try await self.relay.publishAll([2])
        #expect(self.relay.store.numbers(in: .named("news")) == [2])
        #expect(try await self.relay.store.topic(.named("news"))?.record.id == record.id)
    }

    @Test(
        "a reader of a topic that its first messages made gets them from memory, and none of what its name had before"
    )
    func hotFirstMessages() async throws {
        try await self.relay.publishAll([1, 2])
        try await self.relay.broker.deleteTopic(.named("news"), as: .olga)
        let other = self.relay.restarted()
        try await other.publishAll([3, 4])
        let sink = TestSink(.olga)
        let loop = TurningLoop(other)
        try loop.read(try await other.loaded(), from: .cursor(.oldest), into: sink)
        try loop.settle()
        #expect(sink.numbers == [3, 4])
        #expect(other.store.calls.reads.isEmpty)
    }

    @Test("readers who waited for the topic get its first messages")
    func waitingReaders() async throws {
        let loop = TurningLoop(self.relay)
        let topic = try await self.relay.broker.topic(.named("news"))
        let (reader, stranger) = (TestSink(.olga), TestSink(.sven))
        try loop.read(topic, into: reader)
        try loop.read(topic, into: stranger)
        try await self.relay.publishAll(0..<3)
        try loop.settle()
        #expect(reader.numbers == [0, 1, 2])
        #expect(stranger.numbers.isEmpty && stranger.ends == [.accessLost])
    }

    @Test("a first publish that fails leaves the name free, and the next one succeeds")
    func failure() async throws {
        self.relay.store.failAppends([.init(error: StoreError(.unavailable, "away"))])
        await #expect(throws: BrokerError.store(StoreError(.unavailable, "away"))) {
            try await self.relay.publishAll([1])
        }
        #expect(try await self.relay.store.topic(.named("news")) == nil)
        try await self.relay.publishAll([2])
        #expect(self.relay.store.numbers(in: .named("news")) == [2])
    }

    @Test("a topic whose first publish broke off is whoever's it became, not everybody's")
    func outcomeUnknown() async throws {
        let error = StoreError(.outcomeUnknown, "broke off")
        self.relay.store.failAppends([.init(error: error, isStored: true)])
        await #expect(throws: BrokerError.store(error)) { try await self.relay.publishAll([1]) }
        await #expect(throws: BrokerError.denied) { try await self.relay.publishAll([2], as: .sven) }
        try await self.relay.publishAll([3])
        #expect(self.relay.store.numbers(in: .named("news")) == [1, 3])
        let owner = try await self.relay.store.topic(.named("news"))?.record.owner
        #expect(owner == Principal.olga.id)
    }

    @Test("a topic that can't be looked at after its first publish broke off is loaded anew")
    func outcomeUnknownAndAway() async throws {
        let broker = self.relay.broker
        let before = try await broker.topic(.named("news"))
        let error = StoreError(.outcomeUnknown, "broke off")
        self.relay.store.failAppends([.init(error: error, isStored: true)])
        self.relay.store.failTopicReads(error)
        await #expect(throws: BrokerError.store(error)) { try await self.relay.publishAll([1]) }
        #expect(!before.isInService)
        self.relay.store.failTopicReads(nil)
        let now = try await broker.topic(.named("news"))
        #expect(now.access.record?.owner == Principal.olga.id && now.bounds.count == 1)
    }

    @Test("readers of a topic that can't be looked at are ended as by a failing store, and nobody joins it any more")
    func readersOfDiscarded() async throws {
        let loop = TurningLoop(self.relay)
        let (waiting, late) = (TestSink(.olga), TestSink(.olga))
        let topic = try await self.relay.broker.topic(.named("news"))
        try loop.read(topic, into: waiting)
        let error = StoreError(.outcomeUnknown, "broke off")
        self.relay.store.failAppends([.init(error: error, isStored: true)])
        self.relay.store.failTopicReads(error)
        await #expect(throws: BrokerError.store(error)) { try await self.relay.publishAll([1]) }
        // The loop found the topic before it was given up, and has not looked at it since.
        #expect(throws: TurningLoop.NotJoined.self) { try loop.join(topic, into: late) }
        try loop.settle()
        #expect(waiting.ends == [.storeFailed(error)] && late.ends.isEmpty)
        #expect(throws: TurningLoop.NotJoined.self) { try loop.join(topic, into: late) }
    }

    @Test("a bulk with one denied topic stores nothing and creates nothing")
    func allOrNothing() async throws {
        _ = try await self.relay.topic("olgas")
        let items = ["new", "olgas"].map { Broker.Item(key: .named($0), draft: .numbered(1, at: self.relay.clock.now)) }
        await #expect(throws: BrokerError.denied) { try await self.relay.broker.publish(items, as: .greta) }
        #expect(self.relay.store.calls.appends.isEmpty)
        #expect(try await self.relay.store.topic(.named("new")) == nil)
    }

    @Test("a bulk keeps its order within each topic, and answers in the request's order")
    func bulkOrder() async throws {
        let items = (0..<30).map {
            Broker.Item(key: .named("t\($0 % 3)"), draft: .numbered($0, at: self.relay.clock.now))
        }
        let results = try await self.relay.broker.publish(items, as: .olga)
        for topic in 0..<3 {
            let key = TopicKey.named("t\(topic)")
            #expect(self.relay.store.numbers(in: key) == stride(from: topic, to: 30, by: 3).map { $0 })
            let answered = try stride(from: topic, to: 30, by: 3).map { try results[$0].get().id }
            #expect(answered == self.relay.store.ids(in: key))
        }
    }

    @Test("publishing without suspending needs a topic that is in memory and exists")
    func publishNow() async throws {
        let item = Broker.Item(key: .named("news"), draft: .numbered(1, at: self.relay.clock.now))
        let called = Collected<Result<Publication, BrokerError>>()
        #expect(!self.relay.broker.publishNow(item, as: .olga) { called.add([$0]) })
        _ = try await self.relay.broker.topic(.named("news"))
        #expect(!self.relay.broker.publishNow(item, as: .olga) { called.add([$0]) })
        #expect(called.all.isEmpty)
        _ = try await self.relay.topic()
        try self.relay.publish([1])
        #expect(self.relay.store.numbers(in: .named("news")) == [1])
    }
}

@Suite("Who may publish")
struct PublishRulesTests {
    @Test(
        "the table of the contract, section 4.2, by both ways of publishing",
        arguments: [
            (Principal.ada, false, true), (.olga, false, true), (.greta, false, true), (.sven, true, false),
            (.sven, false, false),
        ]
    )
    func rules(who: Principal, isPublic: Bool, isAllowed: Bool) async throws {
        let relay = TestRelay()
        _ = try await relay.topic(isPublic: isPublic)
        _ = try await relay.broker.grant(Principal.greta.id, on: .named("news"), as: .olga)
        let item = Broker.Item(key: .named("news"), draft: .numbered(1, at: relay.clock.now))
        let answers = Collected<Result<Publication, BrokerError>>()
        #expect(relay.broker.publishNow(item, as: who) { answers.add([$0]) })
        #expect(answers.all.count == 1)
        #expect(answers.all.allSatisfy { isAllowed ? (try? $0.get()) != nil : $0 == .failure(.denied) })
        if isAllowed {
            try await relay.publishAll([2], as: who)
        } else {
            await #expect(throws: BrokerError.denied) { try await relay.publishAll([2], as: who) }
        }
        #expect(relay.store.numbers(in: .named("news")) == (isAllowed ? [1, 2] : []))
    }

    @Test("a grant counts at once, and so does its end")
    func grants() async throws {
        let relay = TestRelay()
        _ = try await relay.topic()
        await #expect(throws: BrokerError.denied) { try await relay.publishAll([1], as: .greta) }
        #expect(try await relay.broker.grant(Principal.greta.id, on: .named("news"), as: .olga) != nil)
        #expect(try await relay.broker.grant(Principal.greta.id, on: .named("news"), as: .olga) == nil)
        try await relay.publishAll([2], as: .greta)
        #expect(try await relay.broker.revokeGrant(of: Principal.greta.id, on: .named("news"), as: .olga))
        #expect(try await !relay.broker.revokeGrant(of: Principal.greta.id, on: .named("news"), as: .olga))
        await #expect(throws: BrokerError.denied) { try await relay.publishAll([3], as: .greta) }
        #expect(relay.store.numbers(in: .named("news")) == [2])
    }
}

extension TopicRecord {
    static func olgas(_ path: String, at time: Timestamp) -> TopicRecord {
        TopicRecord(
            id: "id-of-\(path)",
            key: .named(path),
            kind: "stream",
            owner: Principal.olga.id,
            createdAt: time,
            isPublic: false,
            description: nil
        )
    }
}

import RelayWire
import Testing

@testable import RelayCore

@Suite("What one user has under way", .timeLimit(.minutes(1)))
struct UserLoadTests {
    private let load = UserLoad()

    private func relay(messages: Int, bytes: Int = .max) -> TestRelay {
        var limits = BrokerLimits()
        limits.waitingOfUser = UserLoad.WaitingLimits(messages: messages, bytes: bytes)
        return TestRelay(limits)
    }

    private func item(_ number: Int, _ topic: String, of load: UserLoad?, _ relay: TestRelay) -> Broker.Item {
        var draft = Draft.numbered(number, at: relay.clock.now)
        draft.publisher = load
        return Broker.Item(key: .named(topic), draft: draft)
    }

    private func expectNothing() {
        #expect(self.load.waiting == (0, 0))
    }

    @Test("publishes that wait are bounded over all topics, others' go on, and an answer makes room")
    func bound() async throws {
        let relay = self.relay(messages: 3)
        for name in ["a", "b"] { _ = try await relay.topic(name) }
        relay.store.completeAppends(.held)
        let answers = Collected<Result<Publication, BrokerError>>()
        for (number, topic) in ["a", "b", "a", "b", "a"].enumerated() {
            _ = relay.broker.publishNow(self.item(number, topic, of: self.load, relay), as: .olga) { answers.add([$0]) }
        }
        #expect(answers.all == [.failure(.tooManyWaiting), .failure(.tooManyWaiting)])
        #expect(self.load.waiting.messages == 3 && self.load.waiting.bytes > 0)
        _ = relay.broker.publishNow(self.item(9, "a", of: UserLoad(), relay), as: .olga) { answers.add([$0]) }
        #expect(answers.all.count == 2)
        relay.store.releaseAppends(1)
        #expect(self.load.waiting.messages == 2)
        _ = relay.broker.publishNow(self.item(5, "b", of: self.load, relay), as: .olga) { answers.add([$0]) }
        #expect(self.load.waiting.messages == 3)
        while relay.store.heldAppends > 0 { relay.store.releaseAppends() }
        #expect(answers.all.count == 7)
        self.expectNothing()
    }

    @Test("bytes have a bound of their own; one publish is let in however large it is")
    func bytes() async throws {
        let relay = self.relay(messages: 100, bytes: 1)
        _ = try await relay.topic()
        relay.store.completeAppends(.held)
        let answers = Collected<Result<Publication, BrokerError>>()
        for number in 0..<2 {
            _ = relay.broker.publishNow(self.item(number, "news", of: self.load, relay), as: .olga) {
                answers.add([$0])
            }
        }
        #expect(answers.all == [.failure(.tooManyWaiting)])
        relay.store.releaseAppends()
        self.expectNothing()
    }

    @Test("whatever becomes of a publish, nothing of it stays counted")
    func givenBack() async throws {
        let relay = TestRelay()
        let topic = try await relay.topic()
        relay.store.failAppends([.init(error: StoreError(.full, "full"))])
        let one = self.item(1, "news", of: self.load, relay)
        _ = try await relay.broker.publish([one], as: .olga)
        self.expectNothing()
        await #expect(throws: BrokerError.denied) { try await relay.broker.publish([one], as: .greta) }
        self.expectNothing()
        let moved = topic.enqueue(one: one.draft, decidedOn: topic.accessView.version &+ 1) { _ in }
        guard case .moved = moved else {
            Issue.record("taken on an access list that is not the topic's")
            return
        }
        self.expectNothing()
        let key = IdempotencyKey(user: Principal.olga.id, route: "single", value: "key")
        for _ in 0..<2 { _ = try await relay.broker.publish([one], once: key, as: .olga) }
        self.expectNothing()
        let many = (0..<50).map { self.item($0, "topic-\($0 % 7)", of: self.load, relay) }
        _ = try await relay.broker.publish(many, as: .olga)
        self.expectNothing()
    }

    /// Two publishes that the store keeps waiting while `call` is made, and what a third of the same user gets.
    ///
    /// - Parameter topics: each publish's, with a message for each of them.
    private func slowly(_ held: TestStore.TopicCall, _ topics: [[String]]) async throws {
        let ofEach = topics[0].count
        let relay = self.relay(messages: 2 * ofEach)
        let go = Signal()
        let calls = Collected<TestStore.TopicCall>()
        relay.store.beforeTopicCalls { call in
            guard call == held, calls.all.count < topics.count - 1 else { return }
            calls.add([call])
            await go.wait()
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, names) in topics.dropLast().enumerated() {
                let items = names.map { self.item(number, $0, of: self.load, relay) }
                group.addTask {
                    for result in try await relay.broker.publish(items, as: .olga) { _ = try result.get() }
                }
            }
            while calls.all.count < topics.count - 1, !Task.isCancelled { await Task.yield() }
            #expect(self.load.waiting.messages == 2 * ofEach)
            #expect(relay.broker.memory.bytes(in: .waiting) == self.load.waiting.bytes)
            let third = topics[topics.count - 1].map { self.item(3, $0, of: self.load, relay) }
            await #expect(throws: BrokerError.tooManyWaiting) { try await relay.broker.publish(third, as: .olga) }
            let other = topics[topics.count - 1].map { self.item(4, $0, of: UserLoad(), relay) }
            _ = try await relay.broker.publish(other, as: .olga)
            go.fire()
            try await group.waitForAll()
        }
        self.expectNothing()
        #expect(relay.broker.memory.bytes(in: .waiting) == 0)
    }

    @Test("first publishes count while their topics are created")
    func firstPublishes() async throws {
        try await self.slowly(.createWithMessages, [["a"], ["b"], ["c"]])
    }

    @Test("publishes count while their topics are looked up")
    func lookUps() async throws {
        try await self.slowly(.topic, [["a", "a2"], ["b", "b2"], ["c", "c2"]])
    }

    @Test("publishes that wait for another with their idempotency key count")
    func behindAKey() async throws {
        let relay = self.relay(messages: 2)
        let go = Signal()
        let calls = Collected<Int>()
        relay.store.beforeTopicCalls { _ in
            calls.add([1])
            await go.wait()
        }
        let item = self.item(1, "a", of: self.load, relay)
        let key = IdempotencyKey(user: Principal.olga.id, route: "single", value: "key")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2 { group.addTask { _ = try await relay.broker.publish([item], once: key, as: .olga) } }
            while calls.all.isEmpty || self.load.waiting.messages < 2, !Task.isCancelled { await Task.yield() }
            await #expect(throws: BrokerError.tooManyWaiting) {
                try await relay.broker.publish([item], once: key, as: .olga)
            }
            go.fire()
            try await group.waitForAll()
        }
        self.expectNothing()
        #expect(relay.broker.memory.bytes(in: .waiting) == 0)
    }

    @Test("a publish that goes slowly to a topic that others wait for is counted and charged once")
    func once() async throws {
        let relay = self.relay(messages: 100)
        _ = try await relay.topic()
        relay.store.completeAppends(.held)
        let items = (0..<3).map { self.item($0, "news", of: self.load, relay) }
        await withTaskGroup(of: Void.self) { group in
            for item in items { group.addTask { _ = try? await relay.broker.publish([item], as: .olga) } }
            while self.load.waiting.messages < 3 || relay.store.heldAppends == 0, !Task.isCancelled {
                await Task.yield()
            }
            #expect(relay.broker.memory.bytes(in: .waiting) == self.load.waiting.bytes)
            while self.load.waiting.messages > 0 {
                relay.store.releaseAppends()
                await Task.yield()
            }
        }
        self.expectNothing()
        #expect(relay.broker.memory.bytes(in: .waiting) == 0)
    }

    @Test("the ledger refuses what would wait, and then nothing is counted")
    func noRoom() async throws {
        let relay = TestRelay(hotBytes: 0, wholeBytes: 40)
        await #expect(throws: BrokerError.overloaded) {
            try await relay.broker.publish([self.item(1, "a", of: self.load, relay)], as: .olga)
        }
        self.expectNothing()
        #expect(relay.broker.memory.total == 0)
    }

    @Test("subscriptions are taken whole or not at all")
    func subscriptions() {
        #expect(self.load.subscribe(3, within: 4))
        #expect(!self.load.subscribe(2, within: 4))
        #expect(self.load.subscriptions == 3)
        #expect(self.load.subscribe(1, within: 4))
        self.load.unsubscribe(4)
        #expect(self.load.subscriptions == 0)
    }
}

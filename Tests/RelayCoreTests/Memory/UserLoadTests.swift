import RelayWire
import Testing

@testable import RelayCore

@Suite("What one user has under way")
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

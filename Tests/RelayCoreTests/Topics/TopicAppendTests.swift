import RelayWire
import Testing

@testable import RelayCore

@Suite("Appending to one topic")
struct TopicAppendTests {
    private let path = "news"

    private func hotNumbers(_ topic: Topic) -> [Int] {
        let limits = SliceLimits(maxMessages: .max, maxBytes: .max)
        return topic.readHot(after: .zero, through: .max, limits: limits).slice?.messages.compactMap(\.number) ?? []
    }

    @Test("what arrives while the store is busy goes in one batch, and the hot order is the stored order")
    func batches() async throws {
        let relay = TestRelay()
        let topic = try await relay.topic()
        relay.store.completeAppends(.held)
        try relay.publish(1...10)
        #expect(self.hotNumbers(topic).isEmpty)
        relay.store.releaseAppends()
        #expect(self.hotNumbers(topic) == [1])
        relay.store.releaseAppends()
        #expect(relay.store.calls.appends == [1, 9])
        #expect(self.hotNumbers(topic) == Array(1...10))
        #expect(relay.store.numbers(in: .named(self.path)) == Array(1...10))
    }

    @Test("every ticket gets exactly its own results")
    func tickets() async throws {
        let relay = TestRelay()
        let topic = try await relay.topic()
        relay.store.completeAppends(.held)
        let answers = Collected<(run: Int, ids: [MessageID])>()
        for run in 0..<8 {
            let drafts = (0...run).map { Draft.numbered(run * 10 + $0, at: relay.clock.now) }
            let result = topic.enqueue(drafts, decidedOn: topic.accessView.version) { result in
                answers.add([(run, (try? result.get())?.compactMap(\.id) ?? [])])
            }
            guard case .accepted = result else {
                Issue.record("turned away")
                return
            }
        }
        while relay.store.heldAppends > 0 { relay.store.releaseAppends() }
        let ids = Dictionary(
            uniqueKeysWithValues: zip(
                relay.store.numbers(in: .named(self.path)),
                relay.store.ids(in: .named(self.path))
            )
        )
        for run in 0..<8 {
            let own = answers.all.filter { $0.run == run }
            #expect(own.count == 1)
            #expect(own.first?.ids == (0...run).compactMap { ids[run * 10 + $0] })
        }
    }

    @Test("a failed append fails exactly its batch")
    func fails() async throws {
        let relay = TestRelay()
        let topic = try await relay.topic()
        relay.store.completeAppends(.held)
        let error = StoreError(.full, "full")
        relay.store.failAppends([.init(error: error)])
        let answers = Collected<Result<[Publication], StoreError>>()
        for number in 1...3 {
            _ = topic.enqueue([.numbered(number, at: relay.clock.now)], decidedOn: topic.accessView.version) {
                answers.add([$0])
            }
        }
        while relay.store.heldAppends > 0 { relay.store.releaseAppends() }
        #expect(answers.all.first == .failure(error))
        #expect(answers.all.dropFirst().allSatisfy { (try? $0.get()) != nil })
        #expect(answers.all.count == 3)
        #expect(self.hotNumbers(topic) == [2, 3])
    }

    @Test("beyond the bytes that may wait, publishers are turned away until the store has caught up")
    func overload() async throws {
        let relay = TestRelay(BrokerLimits(maxWaitingBytesPerTopic: 600))
        _ = try await relay.topic()
        relay.store.completeAppends(.held)
        try relay.publish(1...2)
        let answers = Collected<Result<Publication, BrokerError>>()
        let item = Broker.Item(key: .named(self.path), draft: .numbered(9, at: relay.clock.now))
        for _ in 0..<2 {
            #expect(relay.broker.publishNow(item, as: .olga) { answers.add([$0]) })
        }
        #expect(answers.all == [.failure(.overloaded)])
        while relay.store.heldAppends > 0 { relay.store.releaseAppends() }
        #expect(relay.store.numbers(in: .named(self.path)) == [1, 2, 9])
        relay.store.completeAppends(.inline)
        try relay.publish([10])
        #expect(relay.store.numbers(in: .named(self.path)) == [1, 2, 9, 10])
    }

    @Test("a repeat is answered with the first one's id and delivered once")
    func repeats() async throws {
        let relay = TestRelay()
        let topic = try await relay.topic()
        let loop = TurningLoop(relay)
        let sink = TestSink()
        try loop.read(topic, into: sink)
        let key = IdempotencyKey(user: Principal.olga.id, route: "single", value: "k")
        var draft = Draft.numbered(1, at: relay.clock.now)
        draft.idempotency = IdempotencyMark(key: key, index: 0, total: 1, expiresAt: relay.clock.now.adding(seconds: 9))
        let collected = Collected<Publication>()
        for _ in 0..<3 {
            _ = topic.enqueue([draft], decidedOn: topic.accessView.version) { result in
                collected.add((try? result.get()) ?? [])
            }
        }
        try loop.settle()
        let answers = collected.all
        #expect(answers.map(\.isRepeat) == [false, true, true])
        #expect(Set(answers.map(\.id)).count == 1)
        #expect(sink.numbers == [1])
    }

    @Test("a repeat of a message whose first answer was lost reaches live readers")
    func repeatAfterLostAnswer() async throws {
        let relay = TestRelay()
        let topic = try await relay.topic()
        let loop = TurningLoop(relay)
        let sink = TestSink()
        try loop.read(topic, into: sink)
        let key = IdempotencyKey(user: Principal.olga.id, route: "single", value: "k")
        relay.store.failAppends([.init(error: StoreError(.outcomeUnknown, "lost"), isStored: true)])
        let items = [Broker.Item(key: .named(self.path), draft: .numbered(1, at: relay.clock.now))]
        _ = try await relay.broker.publish(items, once: key, as: .olga)
        try loop.settle()
        let again = try await relay.broker.publish(items, once: key, as: .olga)
        #expect(try again[0].result.get().isRepeat)
        try relay.publish([2])
        try loop.settle()
        #expect(sink.numbers == [1, 2])
    }

    @Test(
        "many threads publish at once: nothing is lost, nothing overlaps, and the stack stays flat",
        arguments: [TestStore.Completing.inline, .elsewhere, .either(seed: 3)]
    )
    func contention(completing: TestStore.Completing) async throws {
        let (publishers, each) = (8, 250)
        let relay = TestRelay(BrokerLimits(hotMessagesPerTopic: publishers * each))
        let topic = try await relay.topic()
        relay.store.completeAppends(completing)
        await withTaskGroup(of: Void.self) { group in
            for publisher in 0..<publishers {
                group.addTask {
                    for number in 0..<each {
                        let draft = Draft.numbered(publisher * each + number, at: relay.clock.now)
                        await withCheckedContinuation { continuation in
                            _ = topic.enqueue([draft], decidedOn: topic.accessView.version) { result in
                                #expect((try? result.get())?.count == 1)
                                continuation.resume()
                            }
                        }
                    }
                }
            }
        }
        let stored = relay.store.numbers(in: .named(self.path))
        #expect(stored.sorted() == Array(0..<publishers * each))
        #expect(self.hotNumbers(topic) == stored)
        for publisher in 0..<publishers {
            let own = stored.filter { $0 / each == publisher }
            #expect(own == own.sorted())
        }
        #expect(relay.store.calls.overlaps == 0)
        #expect(relay.store.calls.depth <= 2)
    }

    @Test("publishers that publish from inside of their answers do not deepen the stack")
    func nested() async throws {
        let relay = TestRelay()
        let topic = try await relay.topic()
        @Sendable func publish(_ number: Int) {
            guard number < 500 else { return }
            _ = topic.enqueue([.numbered(number, at: relay.clock.now)], decidedOn: 0) { _ in publish(number + 1) }
        }
        publish(0)
        #expect(self.hotNumbers(topic) == Array(0..<500))
        #expect(relay.store.calls.depth == 1)
    }

    @Test("a decision taken before the access list changed is not taken for a publish")
    func staleDecision() async throws {
        let relay = TestRelay()
        let topic = try await relay.topic()
        let before = topic.accessView.version
        _ = try await relay.broker.grant(Principal.greta.id, on: .named(self.path), as: .olga)
        let result = topic.enqueue([.numbered(1, at: relay.clock.now)], decidedOn: before) { _ in }
        guard case .moved = result else {
            Issue.record("taken on a decision that is out of date")
            return
        }
        #expect(relay.store.calls.appends.isEmpty)
    }
}

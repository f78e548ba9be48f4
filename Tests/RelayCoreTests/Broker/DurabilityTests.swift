import RelayWire
import Testing

@testable import RelayCore

@Suite("What publishers wait for")
struct DurabilityTests {
    private let key = TopicKey.named("news")

    private func relay(
        _ limits: BrokerLimits = BrokerLimits(),
        of store: [Durability] = [.stored, .replicated, .synced],
        set durability: Durability? = nil
    ) async throws -> TestRelay {
        let relay = TestRelay(limits, durabilities: store)
        _ = try await relay.broker.createTopic(
            self.key,
            isPublic: false,
            description: nil,
            durability: durability,
            by: .olga
        )
        _ = try await relay.broker.topic(self.key)
        return relay
    }

    private func publish(_ number: Int, _ relay: TestRelay) -> Collected<Result<Publication, BrokerError>> {
        let answers = Collected<Result<Publication, BrokerError>>()
        let item = Broker.Item(key: self.key, draft: .numbered(number, at: relay.clock.now))
        #expect(relay.broker.publishNow(item, as: .olga) { answers.add([$0]) })
        return answers
    }

    @Test(
        "a topic's setting goes before the relay's, that before the store's, and each answer says what it got",
        arguments: [
            (nil, nil, .stored), (nil, .synced, .synced), (.replicated, .synced, .replicated),
            (.stored, .memory, .stored), (.memory, nil, .stored),
        ] as [(Durability?, Durability?, Durability)]
    )
    func precedence(_ own: Durability?, _ relays: Durability?, reached: Durability) async throws {
        let relay = TestRelay(durabilities: [.stored, .replicated, .synced], durability: relays)
        _ = try await relay.broker.createTopic(
            self.key,
            isPublic: false,
            description: nil,
            durability: own,
            by: .olga
        )
        #expect(try await relay.publishAll([1])[0].get().durability == reached)
        #expect(relay.store.calls.durabilities == [reached])
    }

    @Test("a changed setting counts from the next batch on")
    func change() async throws {
        let relay = try await self.relay()
        relay.store.completeAppends(.held)
        let first = self.publish(1, relay)
        let second = self.publish(2, relay)
        let changes = TopicChanges(durability: .own(.synced))
        #expect(try await relay.broker.updateTopic(self.key, changes, as: .olga).record.durability == .synced)
        while relay.store.heldAppends > 0 { relay.store.releaseAppends() }
        #expect(try first.all.map { try $0.get().durability } == [.stored])
        #expect(try second.all.map { try $0.get().durability } == [.synced])
        let reset = TopicChanges(durability: .ofRelay)
        #expect(try await relay.broker.updateTopic(self.key, reset, as: .olga).record.durability == nil)
        relay.store.completeAppends(.inline)
        #expect(try self.publish(3, relay).all.map { try $0.get().durability } == [.stored])
    }

    @Test(
        "with memory a publisher has its answer at once, without an id, and readers get the message in the store's order"
    )
    func memory() async throws {
        let relay = try await self.relay(set: .memory)
        let loop = TurningLoop(relay)
        let sink = TestSink()
        try loop.read(try await relay.broker.topic(self.key), into: sink)
        #expect(try self.publish(1, relay).all.map { try $0.get().durability } == [.stored])
        relay.store.completeAppends(.held)
        for number in 2...4 {
            let answer = try #require(try self.publish(number, relay).all.first?.get())
            #expect(answer.id == nil && answer.durability == .memory && !answer.isRepeat)
        }
        try loop.settle()
        #expect(sink.numbers == [1])
        #expect(relay.broker.statistics.unstoredBytes > 0)
        while relay.store.heldAppends > 0 { relay.store.releaseAppends() }
        try loop.settle()
        #expect(sink.numbers == [1, 2, 3, 4])
        #expect(relay.store.calls.durabilities == [.stored, .stored, .stored])
        #expect(relay.broker.statistics.unstoredBytes == 0 && relay.broker.statistics.lostMessages == 0)
    }

    @Test("a store that keeps nothing itself is waited for, which takes no time")
    func memoryStore() async throws {
        let relay = try await self.relay(of: [.memory], set: .memory)
        for number in 1...2 {
            let answer = try #require(try self.publish(number, relay).all.first?.get())
            #expect(answer.id != nil && answer.durability == .memory)
        }
    }

    @Test("while the store fails publishers wait again: what is lost was under way when it began, and is counted")
    func failing() async throws {
        let relay = try await self.relay(set: .memory)
        _ = self.publish(1, relay)
        relay.store.completeAppends(.held)
        let lost = [self.publish(2, relay), self.publish(3, relay)]
        let error = StoreError(.unavailable, "away")
        relay.store.failAppends([.init(error: error), .init(error: error), .init(error: error)])
        relay.store.releaseAppends(1)
        #expect(lost.allSatisfy { (try? $0.all.first?.get().durability) == .memory })
        let waiting = self.publish(4, relay)
        #expect(waiting.all.isEmpty)
        while relay.store.heldAppends > 0 { relay.store.releaseAppends() }
        #expect(waiting.all == [.failure(.store(error))])
        #expect(relay.broker.statistics.lostMessages == 2 && relay.broker.statistics.unstoredBytes == 0)
        relay.store.completeAppends(.inline)
        #expect(try self.publish(5, relay).all.map { try $0.get().durability } == [.stored])
        #expect(try self.publish(6, relay).all.map { try $0.get().durability } == [.memory])
        #expect(relay.store.numbers(in: self.key) == [1, 5, 6])
    }

    @Test("beyond either bound of what is not stored publishers are turned away until it is", arguments: [true, false])
    func bounds(isProcess: Bool) async throws {
        let limits = isProcess ? BrokerLimits(maxUnstoredBytes: 700) : BrokerLimits(maxWaitingBytesPerTopic: 300)
        let relay = try await self.relay(limits, set: .memory)
        _ = self.publish(1, relay)
        relay.store.completeAppends(.held)
        _ = self.publish(2, relay)
        _ = self.publish(3, relay)
        let before = relay.broker.statistics.unstoredBytes
        #expect(self.publish(4, relay).all == [.failure(.overloaded)])
        #expect(relay.broker.statistics.unstoredBytes == before)
        while relay.store.heldAppends > 0 { relay.store.releaseAppends() }
        #expect(try self.publish(5, relay).all.map { try $0.get().durability } == [.memory])
        relay.store.releaseAppends()
        #expect(relay.store.numbers(in: self.key) == [1, 2, 3, 5])
    }

    @Test("whoever stops the relay can wait for the last message")
    func lastMessage() async throws {
        let relay = try await self.relay(set: .memory)
        let told = Collected<Int>()
        relay.broker.whenNothingIsUnstored { told.add([1]) }
        #expect(told.all == [1])
        _ = self.publish(1, relay)
        relay.store.completeAppends(.held)
        _ = self.publish(2, relay)
        _ = self.publish(3, relay)
        relay.broker.whenNothingIsUnstored { told.add([2]) }
        relay.store.releaseAppends()
        #expect(told.all == [1])
        relay.store.releaseAppends()
        #expect(told.all == [1, 2])
    }

    @Test("a publish with an idempotency key waits even then, and so does its repeat")
    func marked() async throws {
        let relay = try await self.relay(set: .memory)
        _ = self.publish(1, relay)
        let key = IdempotencyKey(user: Principal.olga.id, route: "single", value: "k")
        let item = Broker.Item(key: self.key, draft: .numbered(2, at: relay.clock.now))
        let first = try await relay.broker.publishOne(item, once: key, as: .olga).result.get()
        let again = try await relay.broker.publishOne(item, once: key, as: .olga).result.get()
        #expect(first.id != nil && first.id == again.id && again.isRepeat)
        #expect(first.durability == .stored && again.durability == .stored)
    }

    @Test("a repeat says of the message what the store has confirmed anew")
    func repeats() async throws {
        let relay = try await self.relay(set: .replicated)
        let key = IdempotencyKey(user: Principal.olga.id, route: "single", value: "k")
        let item = Broker.Item(key: self.key, draft: .numbered(1, at: relay.clock.now))
        let unknown = StoreError(.outcomeUnknown, "too few replicas")
        relay.store.failAppends([.init(error: unknown, isStored: true), .init(error: unknown)])
        #expect(await relay.broker.publishOne(item, once: key, as: .olga).error == .store(unknown))
        #expect(await relay.broker.publishOne(item, once: key, as: .olga).error == .store(unknown))
        let repeated = try await relay.broker.publishOne(item, once: key, as: .olga).result.get()
        #expect(repeated.isRepeat && repeated.durability == .replicated)
        let confirmed = relay.store.calls.confirmed
        #expect(confirmed.map(\.as) == [.replicated, .replicated])
        #expect(confirmed.allSatisfy { $0.ids == relay.store.ids(in: self.key) })
    }
}

extension Result<Broker.Outcome, BrokerError> {
    fileprivate static func == (result: Self, other: Self) -> Bool {
        switch (result, other) {
        case (.failure(let one), .failure(let other)): one == other
        case (.success(let one), .success(let other)): one.key == other.key && one.result == other.result
        case (.failure, .success), (.success, .failure): false
        }
    }
}

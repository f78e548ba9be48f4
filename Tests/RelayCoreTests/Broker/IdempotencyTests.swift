import RelayCore
import RelayWire
import Testing

@Suite("Publishing at most once per key")
struct IdempotencyTests {
    private let relay = TestRelay()
    private let topic = TopicKey.named("news")

    private func key(_ route: String = "single", of principal: Principal = .olga) -> IdempotencyKey {
        IdempotencyKey(user: principal.id, route: route, value: "0123456789abcdef")
    }

    private func publish(_ numbers: [Int], once key: IdempotencyKey) async throws -> [MessageID] {
        let items = numbers.map { Broker.Item(key: self.topic, draft: .numbered($0, at: self.relay.clock.now)) }
        return try await self.relay.broker.publish(items, once: key, as: .olga).map {
            try #require(try $0.result.get().id)
        }
    }

    @Test("twelve at once store one, and all get its id")
    func concurrent() async throws {
        _ = try await self.relay.topic()
        self.relay.store.completeAppends(.either(seed: 7))
        let ids = Collected<MessageID>()
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<12 {
                group.addTask {
                    if let own = try? await self.publish([number], once: self.key()) { ids.add(own) }
                }
            }
        }
        #expect(ids.all.count == 12)
        #expect(Set(ids.all).count == 1)
        #expect(self.relay.store.ids(in: self.topic) == [ids.all[0]])
    }

    @Test("one header value on both routes, or of two users, is two keys")
    func routes() async throws {
        _ = try await self.publish([1], once: self.key("single"))
        _ = try await self.publish([2], once: self.key("bulk"))
        _ = try await self.publish([3], once: self.key("single", of: .greta))
        #expect(self.relay.store.numbers(in: self.topic) == [1, 2, 3])
    }

    @Test("a key is its bytes, however they look")
    func bytes() async throws {
        let values = ["café", "cafe\u{301}", "K", "\u{212A}", "cl\u{FFFD}-1", "clé-1", "clè-1"]
        let keys = values.map { IdempotencyKey(user: Principal.olga.id, route: "single", value: $0) }
        #expect(Set(keys).count == values.count)
        #expect(Set(keys.map(\.description)).count == values.count)
        for (index, key) in keys.enumerated() { _ = try await self.publish([index], once: key) }
        #expect(self.relay.store.numbers(in: self.topic) == Array(values.indices))
    }

    @Test("a key is a digest of user, route and value")
    func digest() {
        let key = IdempotencyKey(user: UserID("u"), route: "single", value: "k")
        // As sha256sum has it of `u/single/k`.
        #expect(key.description == "c0a13087bb42cd3ce5ef0aa38969093d88cb14627a0960a71a4a4b7b2658b8e8")
    }

    @Test("a repeat gets the first answer, whatever its body says")
    func otherBody() async throws {
        let first = try await self.publish([1, 2], once: self.key("bulk"))
        #expect(try await self.publish([8, 9], once: self.key("bulk")) == first)
        let items = [Broker.Item(key: .named("elsewhere"), draft: .numbered(7, at: self.relay.clock.now))]
        let repeated = try await self.relay.broker.publish(items, once: self.key("bulk"), as: .olga)
        #expect(repeated.map(\.key) == [self.topic, self.topic])
        #expect(self.relay.store.numbers(in: self.topic) == [1, 2])
    }

    @Test("an attempt of which nothing was stored leaves the key free")
    func failed() async throws {
        _ = try await self.relay.topic()
        self.relay.store.failAppends([.init(error: StoreError(.unavailable, "down"))])
        await #expect(throws: BrokerError.self) { try await self.publish([1], once: self.key()) }
        _ = try await self.publish([2], once: self.key())
        #expect(self.relay.store.numbers(in: self.topic) == [2])
    }

    @Test("a denied attempt leaves the key free")
    func denied() async throws {
        _ = try await self.relay.broker.createTopic(self.topic, isPublic: true, description: nil, by: .greta)
        await #expect(throws: BrokerError.denied) { try await self.publish([1], once: self.key()) }
        _ = try await self.relay.broker.grant(Principal.olga.id, on: self.topic, as: .greta)
        _ = try await self.publish([1], once: self.key())
        #expect(self.relay.store.numbers(in: self.topic) == [1])
    }

    @Test("a bulk that was cut short is completed by its retry without doubling")
    func cutShort() async throws {
        _ = try await self.relay.topic("a")
        _ = try await self.relay.topic("b")
        self.relay.store.failAppends([.init(error: StoreError(.unavailable, "down"))])
        let items = (0..<6).map {
            Broker.Item(key: .named($0 % 2 == 0 ? "a" : "b"), draft: .numbered($0, at: self.relay.clock.now))
        }
        let first = try await self.relay.broker.publish(items, once: self.key("bulk"), as: .olga)
        #expect(first.count { $0.result.error != nil } == 3)
        let second = try await self.relay.broker.publish(items, once: self.key("bulk"), as: .olga)
        #expect(second.allSatisfy { $0.result.error == nil })
        #expect(zip(first, second).allSatisfy { $0.result.error != nil || $0.result.id == $1.result.id })
        #expect(self.relay.store.numbers(in: .named("a")) == [0, 2, 4])
        #expect(self.relay.store.numbers(in: .named("b")) == [1, 3, 5])
    }

    @Test("a retry with other topics is told the topics that have the messages")
    func cutShortThenOtherTopics() async throws {
        for topic in ["a", "b", "c"] { _ = try await self.relay.topic(topic) }
        self.relay.store.failAppends([.init(error: StoreError(.unavailable, "down"))])
        func publish(_ topics: [String]) async throws -> [Broker.Outcome] {
            let items = topics.map { Broker.Item(key: .named($0), draft: .numbered(1, at: self.relay.clock.now)) }
            return try await self.relay.broker.publish(items, once: self.key("bulk"), as: .olga)
        }
        let first = try await publish(["a", "b"])
        let stored = try #require(first.first { $0.error == nil })
        let second = try await publish(["c", "c"])
        for (before, after) in zip(first, second) {
            #expect(after.key == (before.error == nil ? stored.key : .named("c")))
            #expect(self.relay.store.ids(in: after.key).contains(try #require(try after.result.get().id)))
        }
    }

    @Test("a key is free again when its window, counted from the first attempt, has passed")
    func window() async throws {
        _ = try await self.relay.topic("a")
        _ = try await self.relay.topic("b")
        self.relay.store.failAppends([.init(error: StoreError(.unavailable, "down"))])
        let items = ["a", "b"].map { Broker.Item(key: .named($0), draft: .numbered(1, at: self.relay.clock.now)) }
        _ = try await self.relay.broker.publish(items, once: self.key("bulk"), as: .olga)
        self.relay.clock.advance(seconds: 500)
        _ = try await self.relay.broker.publish(items, once: self.key("bulk"), as: .olga)
        #expect(self.relay.store.numbers(in: .named("a")) == [1])
        #expect(self.relay.store.numbers(in: .named("b")) == [1])
        self.relay.clock.advance(seconds: 100)
        let again = try await self.relay.broker.publish(items, once: self.key("bulk"), as: .olga)
        #expect(again.allSatisfy { (try? $0.result.get().isRepeat) == false })
    }
}

extension Result<Publication, BrokerError> {
    fileprivate var id: MessageID? { try? self.get().id }
}

import RelayCore
import RelayWire
import Testing

@Suite("History")
struct HistoryTests {
    private let key = TopicKey.named("news")

    private func relay(hot: Int) async throws -> TestRelay {
        let relay = TestRelay(BrokerLimits(hotMessagesPerTopic: hot))
        _ = try await relay.topic()
        try relay.publish(1...10)
        return relay
    }

    private func numbers(
        _ relay: TestRelay,
        _ order: Broker.Order,
        _ cursor: Cursor = .oldest,
        limit: Int = 4,
        as principal: Principal = .olga
    ) async throws -> [Int] {
        try await relay.broker.history(of: self.key, order, cursor: cursor, limit: limit, as: principal).messages
            .compactMap(\.number)
    }

    @Test("pages of both orders, from memory, from the store, and from where both meet", arguments: [0, 3, 5, 100])
    func pages(hot: Int) async throws {
        let relay = try await self.relay(hot: hot)
        let ids = relay.store.ids(in: self.key)
        #expect(try await self.numbers(relay, .ascending) == [1, 2, 3, 4])
        #expect(try await self.numbers(relay, .descending) == [10, 9, 8, 7])
        #expect(try await self.numbers(relay, .ascending, .after(ids[5])) == [7, 8, 9, 10])
        #expect(try await self.numbers(relay, .ascending, .after(ids[7])) == [9, 10])
        #expect(try await self.numbers(relay, .descending, .after(ids[5])) == [5, 4, 3, 2])
        #expect(try await self.numbers(relay, .descending, .after(ids[1])) == [1])
        #expect(try await self.numbers(relay, .descending, .after(ids[0])).isEmpty)
        #expect(try await self.numbers(relay, .ascending, .after(.max)).isEmpty)
        #expect(try await self.numbers(relay, .descending, .after(.max)) == [10, 9, 8, 7])
    }

    @Test("a cursor that is nonsense starts where the order starts", arguments: ["bogus", "msg_abc", ""])
    func nonsense(text: String) async throws {
        let relay = try await self.relay(hot: 5)
        let cursor = Cursor(clientText: text)
        #expect(try await self.numbers(relay, .ascending, cursor) == [1, 2, 3, 4])
        #expect(try await self.numbers(relay, .descending, cursor) == [10, 9, 8, 7])
    }

    @Test("the newest alone comes from memory")
    func newest() async throws {
        let relay = try await self.relay(hot: 1)
        #expect(try await self.numbers(relay, .descending, limit: 1) == [10])
        #expect(relay.store.calls.reads.isEmpty)
    }

    @Test("a relay that writes to the store alone asks it for nothing that is in memory")
    func alone() async throws {
        let relay = try await self.relay(hot: 100)
        let asked = relay.store.calls.bounds
        #expect(try await self.numbers(relay, .ascending, limit: 100) == Array(1...10))
        #expect(try await self.numbers(relay, .ascending, .after(.max)).isEmpty)
        #expect(try await self.numbers(relay, .descending) == [10, 9, 8, 7])
        #expect(relay.store.calls.reads.isEmpty && relay.store.calls.bounds == asked)
    }

    @Test("expired messages are not shown", arguments: [0, 100])
    func expired(hot: Int) async throws {
        let relay = try await self.relay(hot: hot)
        try relay.publish([11, 12], ttl: 5)
        relay.clock.advance(seconds: 5)
        #expect(try await self.numbers(relay, .descending, limit: 2) == [10, 9])
        #expect(try await self.numbers(relay, .ascending, limit: 100) == Array(1...10))
    }

    @Test("strangers are denied, a topic that does not exist is missing, and a store that fails says so")
    func errors() async throws {
        let relay = try await self.relay(hot: 0)
        await #expect(throws: BrokerError.denied) { try await self.numbers(relay, .ascending, as: .sven) }
        await #expect(throws: BrokerError.missing) {
            try await relay.broker.history(of: .named("other"), .ascending, cursor: .oldest, limit: 1, as: .ada)
        }
        let error = StoreError(.corrupt, "page 7")
        relay.store.failReads(error)
        await #expect(throws: BrokerError.store(error)) { try await self.numbers(relay, .ascending) }
    }

    @Test("a page that was read while the reader lost the topic is not shown")
    func revokedMeanwhile() async throws {
        let relay = try await self.relay(hot: 0)
        _ = try await relay.broker.grant(Principal.greta.id, on: self.key, as: .olga)
        relay.store.completeReads(.held)
        async let page = self.numbers(relay, .ascending, as: .greta)
        while relay.store.heldReads == 0 { await Task.yield() }
        _ = try await relay.broker.revokeGrant(of: Principal.greta.id, on: self.key, as: .olga)
        relay.store.releaseReads()
        do {
            let shown = try await page
            Issue.record("shown: \(shown)")
        } catch {
            #expect(error as? BrokerError == .denied)
        }
    }
}

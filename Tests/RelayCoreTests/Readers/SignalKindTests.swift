import NIOCore
import RelayCore
import RelayWire
import Testing

@Suite("Another kind of topic plugs in")
struct SignalKindTests {
    private static let path = "session/7/signal"
    private let relay = TestRelay(catalog: TopicCatalog([PlainStream(), SignalBehavior()]))
    private let loop: TurningLoop

    init() {
        self.loop = TurningLoop(self.relay)
    }

    /// Olga's session, with greta in it. The kind lets no user make one.
    private func session() async throws -> Topic {
        let record = TopicRecord(
            id: "7",
            key: .named(Self.path),
            kind: "signal",
            owner: Principal.olga.id,
            createdAt: self.relay.clock.now,
            isPublic: false,
            description: nil
        )
        _ = try await self.relay.store.createTopic(record, within: TopicQuota())
        let topic = try await self.relay.loaded(Self.path)
        _ = try await self.relay.broker.grant(Principal.greta.id, on: .named(Self.path), as: .olga)
        return topic
    }

    private func send(_ text: String, metadata: String? = nil, as principal: Principal = .olga)
        async throws(BrokerError)
    {
        let draft = Draft(
            timestamp: self.relay.clock.now,
            payload: ByteBuffer(string: text),
            metadata: metadata.map { ByteBuffer(string: $0) }
        )
        let results = try await self.relay.broker.publish([.init(key: .named(Self.path), draft: draft)], as: principal)
        for result in results { _ = try result.get() }
    }

    private func texts(_ sink: TestSink) -> [String] {
        sink.messages.map { String(buffer: $0.payload) }
    }

    @Test("the stored topic is of the kind")
    func kind() async throws {
        _ = try await self.session()
        let stored = try await self.relay.broker.storedTopic(.named(Self.path), for: .inspect, as: .greta)
        #expect(stored.record.kind == "signal")
    }

    @Test("an addressed message is seen by its peer alone, live, caught up, and in history")
    func addressed() async throws {
        let topic = try await self.session()
        let (olga, greta) = (TestSink(.olga), TestSink(.greta))
        try self.loop.read(topic, into: olga)
        try self.loop.read(topic, into: greta)
        try self.loop.settle()
        try await self.send("for greta", metadata: "@greta")
        try await self.send("for olga", metadata: "@olga", as: .greta)
        try await self.send("for all")
        try self.loop.settle()
        let late = TestSink(.greta)
        try self.loop.read(topic, from: .cursor(.oldest), into: late)
        let history = try await self.relay.broker.history(
            of: .named(Self.path),
            .descending,
            cursor: .oldest,
            limit: 4,
            as: .olga
        )
        #expect(self.texts(olga) == ["for olga", "for all"])
        #expect(self.texts(greta) == ["for greta", "for all"])
        #expect(self.texts(late) == ["for greta", "for all"])
        #expect(history.messages.map { String(buffer: $0.payload) } == ["for all", "for olga"])
        #expect(history.messages.allSatisfy { $0.expiresAt != nil })
    }

    @Test("a hidden message moves a reader's cursor and leaves no gap")
    func hidden() async throws {
        let topic = try await self.session()
        let greta = TestSink(.greta)
        let reader = try self.loop.read(topic, into: greta)
        try await self.send("for greta", metadata: "@greta")
        for _ in 0..<5 { try await self.send("not for greta", metadata: "@olga") }
        try self.loop.settle()
        #expect(self.texts(greta) == ["for greta"])
        self.loop.readers.leave(reader)
        #expect(reader.cursor > greta.ids[0])
    }

    @Test("the kind's refusal reaches the publisher, and nothing is stored")
    func refusal() async throws {
        _ = try await self.session()
        await #expect(throws: BrokerError.refused(Refusal("no such peer"))) {
            try await self.send("x", metadata: "refuse")
        }
        #expect(self.relay.store.ids(in: .named(Self.path)).isEmpty)
    }

    @Test("what users may not make can be published to by none before it exists, nor read, and is made by no route")
    func missing() async throws {
        let (broker, key) = (self.relay.broker, TopicKey.named(Self.path))
        await #expect(throws: BrokerError.missing) { try await self.send("x") }
        await #expect(throws: BrokerError.missing) { _ = try await broker.topic(key, for: .join, as: .olga) }
        await #expect(throws: BrokerError.missing) {
            _ = try await broker.createTopic(key, isPublic: false, description: nil, by: .ada)
        }
        #expect(try await self.relay.store.topic(key) == nil)
    }

    @Test("a publish that meets the deletion of such a topic does not bring it back")
    func publishDuringDeletion() async throws {
        _ = try await self.session()
        let publishing = Signal()
        let broker = self.relay.broker
        self.relay.store.beforeTopicCalls { call in
            guard case .delete = call else { return }
            publishing.fire()
            for _ in 0..<100 { await Task.yield() }
        }
        async let deleted: Void = broker.deleteTopic(.named(Self.path), as: .olga)
        await publishing.wait()
        await #expect(throws: BrokerError.missing) { try await self.send("too late") }
        try await deleted
        #expect(try await self.relay.store.topic(.named(Self.path)) == nil)
        #expect(self.relay.store.ids(in: .named(Self.path)).isEmpty)
    }

    @Test("the kind's own retention holds")
    func retention() async throws {
        _ = try await self.session()
        for number in 0..<60 { try await self.send("\(number)") }
        #expect(self.relay.store.ids(in: .named(Self.path)).count == 50)
    }
}

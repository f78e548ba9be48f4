import RelayWire
import Testing

@testable import RelayCore

@Suite("Parts that every plain topic has")
struct PlainPartTests {
    private let relay = TestRelay(catalog: TopicCatalog([PlainStream(), MarginBehavior()]))
    private let loop: TurningLoop

    init() {
        self.loop = TurningLoop(self.relay)
    }

    private var broker: Broker { self.relay.broker }

    private func part() async throws -> Topic { try await self.relay.loaded("margin/news") }

    private func item(_ path: String) -> Broker.Item {
        Broker.Item(key: .named(path), draft: .numbered(1, at: self.relay.clock.now))
    }

    private func announce(_ number: Int) async throws {
        let draft = Draft.numbered(number, at: self.relay.clock.now)
        try await self.broker.announce([draft], to: .named("margin/news"))
        try self.loop.settle()
    }

    @Test(
        "a part waits for its topic, and is there when a publish has made that, known before or not",
        arguments: [false, true]
    )
    func madeByPublish(isKnown: Bool) async throws {
        let part = try await self.part()
        let sink = TestSink()
        try self.loop.read(part, into: sink)
        if isKnown { _ = try await self.relay.loaded("news") }
        await #expect(throws: BrokerError.missing) { try await self.announce(1) }
        _ = try await self.broker.publish([self.item("news")], as: .olga)
        #expect(part.access.record?.owner == Principal.olga.id)
        try await self.announce(2)
        #expect(sink.numbers == [2])
    }

    @Test("a part is there when a publish to several topics, or a word of the relay, has made its topic")
    func madeOtherwise() async throws {
        let part = try await self.part()
        _ = try await self.broker.publish([self.item("news"), self.item("other")], as: .olga)
        #expect(part.access.record != nil)
        let other = try await self.relay.loaded("margin/late")
        try await self.broker.makeTopic(.named("late"), as: .olga)
        #expect(other.access.record?.owner == Principal.olga.id)
        try await self.broker.makeTopic(.named("late"), as: .sven)
        #expect(other.access.record?.owner == Principal.olga.id)
    }

    @Test("who may not read a topic that was made meanwhile does not read its part any more")
    func lostByCreation() async throws {
        let part = try await self.part()
        let (sink, stranger) = (TestSink(), TestSink(.sven))
        try self.loop.read(part, into: sink)
        try self.loop.read(part, into: stranger)
        _ = try await self.broker.publish([self.item("news")], as: .olga)
        try self.loop.settle()
        #expect(sink.ends.isEmpty)
        #expect(stranger.ends == [.accessLost])
    }

    @Test("nobody but the relay writes, makes or deletes a part", arguments: ["news", "missing"])
    func closed(name: String) async throws {
        _ = try await self.relay.topic()
        await #expect(throws: BrokerError.self) {
            _ = try await self.broker.publish([self.item("margin/\(name)")], as: .olga)
        }
        await #expect(throws: BrokerError.missing) {
            _ = try await self.broker.createTopic(.named("margin/\(name)"), isPublic: true, description: nil, by: .olga)
        }
        await #expect(throws: BrokerError.self) {
            try await self.broker.deleteTopic(.named("margin/\(name)"), as: .olga)
        }
    }

    @Test("a deletion ends the readers of a topic's part, and takes what that holds, wherever it lies")
    func deleted() async throws {
        _ = try await self.relay.topic()
        let sink = TestSink()
        try self.loop.read(try await self.part(), into: sink)
        try await self.announce(1)
        try await self.broker.deleteTopic(.named("news"), as: .olga)
        try self.loop.settle()
        #expect(sink.ends == [.topicDeleted])
        #expect(try await self.relay.hotStore.bounds(of: .named("margin/news")).count == 0)
        _ = try await self.relay.topic()
        let late = TestSink()
        try self.loop.read(try await self.part(), from: .cursor(.oldest), into: late)
        try await self.announce(2)
        #expect(late.numbers == [2])
    }

    @Test("what is meant for a topic that was deleted is not said in the next one of its name")
    func anotherTopic() async throws {
        let first = try #require(try await self.relay.topic().access.record?.id)
        let draft = Draft.numbered(1, at: self.relay.clock.now)
        let said = try await self.broker.announce([draft, draft], to: .named("margin/news"), of: first)
        #expect(said.count == 2 && said[0].id != nil)
        try await self.broker.deleteTopic(.named("news"), as: .olga)
        await #expect(throws: BrokerError.missing) {
            _ = try await self.broker.announce([draft], to: .named("margin/news"), of: first)
        }
        _ = try await self.relay.topic()
        await #expect(throws: BrokerError.missing) {
            _ = try await self.broker.announce([draft], to: .named("margin/news"), of: first)
        }
        #expect(try await self.relay.hotStore.bounds(of: .named("margin/news")).count == 0)
    }
}

import RelayCore
import RelayWire
import Testing

@Suite("Readers that lose their leave")
struct ReaderAccessTests {
    private let relay = TestRelay()
    private let loop: TurningLoop

    init() {
        self.loop = TurningLoop(self.relay)
    }

    /// A topic that greta may read.
    private func granted() async throws -> Topic {
        let topic = try await self.relay.topic()
        _ = try await self.relay.broker.grant(Principal.greta.id, on: .named("news"), as: .olga)
        return topic
    }

    private func revoke() async throws {
        _ = try await self.relay.broker.revokeGrant(of: Principal.greta.id, on: .named("news"), as: .olga)
    }

    @Test("a revoked grant ends its reader before anything published later, also in the same turn")
    func revoked() async throws {
        let topic = try await self.granted()
        let (greta, olga) = (TestSink(.greta), TestSink(.olga))
        try self.loop.read(topic, into: greta)
        try self.loop.read(topic, into: olga)
        try self.relay.publish([1])
        try self.loop.settle()
        try await self.revoke()
        try self.relay.publish([2])
        try self.loop.settle()
        #expect(greta.numbers == [1])
        #expect(greta.events.last == .ended(.accessLost))
        #expect(olga.numbers == [1, 2])
        #expect(olga.ends.isEmpty)
    }

    @Test("a blocked reader that resumes before its loop heard of the revocation gets nothing more")
    func resumesAfterRevocation() async throws {
        let topic = try await self.granted()
        let sink = TestSink(.greta, room: 1)
        let reader = try self.loop.read(topic, into: sink)
        try self.relay.publish([1, 2])
        try self.loop.settle()
        try await self.revoke()
        try self.relay.publish([3])
        sink.room = .max
        self.loop.readers.resume(reader)
        try self.loop.settle()
        #expect(sink.numbers == [1])
        #expect(sink.ends == [.accessLost])
    }

    @Test("a reader whose page arrives after its revocation gets nothing of it")
    func pageAfterRevocation() async throws {
        let relay = TestRelay(BrokerLimits(hotMessagesPerTopic: 1))
        let loop = TurningLoop(relay)
        let topic = try await relay.topic(isPublic: true)
        try relay.publish(1...3)
        relay.store.completeReads(.held)
        let sink = TestSink(.greta)
        try loop.read(topic, from: .cursor(.oldest), into: sink)
        _ = try await relay.broker.updateTopic(.named("news"), TopicChanges(isPublic: false), as: .olga)
        relay.store.releaseReads()
        try loop.settle()
        #expect(sink.events == [.ended(.accessLost)])
    }

    @Test("a page that arrives with a harmless change of access is still delivered, once")
    func pageAfterHarmlessChange() async throws {
        let relay = TestRelay(BrokerLimits(hotMessagesPerTopic: 1))
        let loop = TurningLoop(relay)
        let topic = try await relay.topic(isPublic: true)
        try relay.publish(1...3)
        relay.store.completeReads(.held)
        let sink = TestSink(.greta)
        try loop.read(topic, from: .cursor(.oldest), into: sink)
        _ = try await relay.broker.updateTopic(.named("news"), TopicChanges(description: "new"), as: .olga)
        while loop.turn() || relay.store.heldReads > 0 { relay.store.releaseReads() }
        #expect(sink.numbers == [1, 2, 3])
        #expect(sink.ends.isEmpty)
    }

    @Test("a public topic made private ends the readers of strangers alone")
    func madePrivate() async throws {
        let topic = try await self.relay.topic(isPublic: true)
        let sinks = [Principal.olga, .sven, .ada].map { TestSink($0) }
        for sink in sinks { try self.loop.read(topic, into: sink) }
        _ = try await self.relay.broker.updateTopic(.named("news"), TopicChanges(isPublic: false), as: .olga)
        try self.relay.publish([1])
        try self.loop.settle()
        #expect(sinks.map(\.numbers) == [[1], [], [1]])
        #expect(sinks.map(\.ends) == [[], [.accessLost], []])
    }

    @Test("an early subscriber of a name loses it when somebody else creates it as private")
    func earlySubscriber() async throws {
        let sink = TestSink(.sven)
        try self.loop.read(try await self.relay.loaded(), into: sink)
        try await self.relay.publishAll([1, 2])
        try self.loop.settle()
        #expect(sink.events == [.ended(.accessLost)])
    }

    @Test("a user that may do nothing any more is ended by a recheck")
    func userGone() async throws {
        let topic = try await self.granted()
        let sink = TestSink(.greta)
        let reader = try self.loop.read(topic, into: sink)
        self.loop.readers.recheck(reader)
        #expect(sink.ends.isEmpty)
        sink.principal = nil
        self.loop.readers.recheck(reader)
        self.loop.readers.recheck(reader)
        try self.relay.publish([1])
        try self.loop.settle()
        #expect(sink.events == [.ended(.accessLost)])
    }

    @Test("a deleted topic ends its readers, live, blocked, reading or not started, each once")
    func deleted() async throws {
        let topic = try await self.relay.topic()
        try self.relay.publish(1...3)
        let (live, blocked, joined) = (TestSink(), TestSink(room: 0), TestSink())
        try self.loop.read(topic, into: live)
        let blockedReader = try self.loop.read(topic, from: .cursor(.oldest), into: blocked)
        let joinedReader = try self.loop.join(topic, into: joined)
        try await self.relay.broker.deleteTopic(.named("news"), as: .olga)
        try await self.relay.publishAll([4])
        blocked.room = .max
        self.loop.readers.resume(blockedReader)
        try self.loop.settle()
        self.loop.readers.start(joinedReader)
        #expect(live.events == [.ended(.topicDeleted)])
        #expect(blocked.events == [.ended(.topicDeleted)])
        #expect(joined.events == [.ended(.topicDeleted)])
    }
}

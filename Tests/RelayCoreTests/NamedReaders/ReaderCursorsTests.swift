import NIOCore
import RelayWire
import Synchronization
import Testing

@testable import RelayCore

@Suite("Named readers")
struct ReaderCursorsTests {
    private let readers = TestReaders()
    private let name = ReaderName("worker")!

    private func service(_ relay: TestRelay, _ memory: MemoryLedger = MemoryLedger()) -> ReaderCursors {
        ReaderCursors(store: self.readers, broker: relay.broker, memory: memory)
    }

    private var reader: NamedReader { NamedReader(topic: .named("news"), user: Principal.olga.id, name: self.name) }

    private func open(
        _ service: ReaderCursors,
        _ topic: Topic,
        _ start: ReaderStart = .tail,
        done: Cursor? = nil
    ) async throws(BrokerError) -> ReaderPosition? {
        let opening = ReaderCursors.Opening(topic: topic, start: start, acknowledged: done)
        return try await service.open([opening], as: self.name, of: Principal.olga.id)[0]
    }

    @Test("a new name begins as its client asked, and from then on where it was")
    func begins() async throws {
        let relay = TestRelay()
        let topic = try await relay.topic()
        try relay.publish(1...3)
        let service = self.service(relay)
        let ids = relay.store.ids(in: topic.key)
        #expect(try await self.open(service, topic)?.id == ids[2])
        try relay.publish(4...5)
        // Nothing of it was acknowledged, so it is not passed over.
        #expect(try await self.open(service, topic)?.id == ids[2])
        #expect(try await self.open(service, topic, .cursor(.oldest))?.id == ids[2])
    }

    @Test("what is acknowledged counts at once here, is stored by a flush, and only goes forward")
    func acknowledges() async throws {
        let relay = TestRelay()
        let topic = try await relay.topic()
        try relay.publish(1...5)
        let service = self.service(relay)
        let ids = relay.store.ids(in: topic.key)
        _ = try await self.open(service, topic, .cursor(.oldest))
        let epoch = topic.bounds.epoch.id
        for place in [1, 3, 2] {
            #expect(service.acknowledge(ReaderPosition(epoch: epoch, id: ids[place]), of: self.reader))
        }
        #expect(self.readers[self.reader]?.position.id == .zero)
        #expect(service.statistics.waiting == 1)
        try await service.flush()
        #expect(self.readers[self.reader]?.position.id == ids[3])
        #expect(service.statistics.waiting == 0)
        #expect(self.readers.state.withLock { $0.moveCalls.count } == 1)
        // Not flushed, and another connection of the client comes.
        #expect(service.acknowledge(ReaderPosition(epoch: epoch, id: ids[4]), of: self.reader))
        #expect(try await self.open(service, topic)?.id == ids[4])
        #expect(self.readers[self.reader]?.position.id == ids[4])
        let back = try await service.acknowledgeDurably(ReaderPosition(epoch: epoch, id: ids[0]), of: self.reader)
        #expect(back?.id == ids[4])
    }

    @Test("a store that fails is asked again, whatever it had done, and nothing newer is lost")
    func storeFails() async throws {
        let relay = TestRelay()
        let topic = try await relay.topic()
        try relay.publish(1...5)
        let service = self.service(relay)
        let ids = relay.store.ids(in: topic.key)
        _ = try await self.open(service, topic, .cursor(.oldest))
        let epoch = topic.bounds.epoch.id
        self.readers.state.withLock { $0.faults = [.init(), .init(isStored: true)] }
        #expect(service.acknowledge(ReaderPosition(epoch: epoch, id: ids[1]), of: self.reader))
        await #expect(throws: StoreError.self) { try await service.flush() }
        #expect(self.readers[self.reader]?.position.id == .zero)
        #expect(service.acknowledge(ReaderPosition(epoch: epoch, id: ids[2]), of: self.reader))
        await #expect(throws: StoreError.self) { try await service.flush() }
        try await service.flush()
        #expect(self.readers[self.reader]?.position.id == ids[2])
        #expect(service.statistics.waiting == 0)
    }

    @Test("acknowledgements are charged while they wait, and refused where there is no memory")
    func memory() async throws {
        let relay = TestRelay()
        let topic = try await relay.topic()
        try relay.publish(1...2)
        var limits = MemoryLimits(whole: 1 << 30)
        limits[.readers] = 2 * ReaderCursors.bytesPerAck
        let ledger = MemoryLedger(limits: limits)
        let service = self.service(relay, ledger)
        _ = try await self.open(service, topic, .cursor(.oldest))
        let position = ReaderPosition(epoch: topic.bounds.epoch.id, id: relay.store.ids(in: topic.key)[0])
        let others = (0..<3).map { NamedReader(topic: topic.key, user: UserID("\($0)"), name: self.name) }
        #expect(others.map { service.acknowledge(position, of: $0) } == [true, true, false])
        #expect(service.statistics.refused == 1)
        // What is newer needs no more memory.
        #expect(service.acknowledge(position, of: others[0]))
        #expect(ledger.bytes(in: .readers) == 2 * ReaderCursors.bytesPerAck)
        try await service.flush()
        #expect(ledger.bytes(in: .readers) == 0)
        #expect(service.acknowledge(position, of: self.reader))
        #expect(service.acknowledge(position, of: self.reader))
        #expect(ledger.bytes(in: .readers) == ReaderCursors.bytesPerAck)
        #expect(try await service.delete(self.name, of: topic.key, as: .olga))
        #expect(ledger.bytes(in: .readers) == 0)
    }

    @Test("a reader that comes before its topic is made by its first acknowledgement")
    func earlyReader() async throws {
        let relay = TestRelay()
        let topic = try await relay.loaded()
        let service = self.service(relay)
        self.readers.state.withLock { $0.creationAnswer = .topicMissing }
        #expect(try await self.open(service, topic) == nil)
        self.readers.state.withLock { $0.creationAnswer = nil }
        _ = try await relay.publishAll(1...3)
        let position = ReaderPosition(epoch: 1, id: relay.store.ids(in: topic.key)[1])
        #expect(service.acknowledge(position, of: self.reader))
        try await service.flush()
        #expect(self.readers[self.reader] == nil)
        #expect(service.acknowledge(position, of: self.reader, makesReader: true))
        try await service.flush()
        #expect(self.readers[self.reader]?.position == position)
    }

    @Test("what no reader of the topic can be done with moves nothing")
    func nonsense() async throws {
        let relay = TestRelay()
        let topic = try await relay.topic()
        try relay.publish(1...3)
        let service = self.service(relay)
        let ids = relay.store.ids(in: topic.key)
        _ = try await self.open(service, topic, .cursor(.after(ids[0])))
        for cursor in [Cursor.oldest, .after(.max), .inEpoch(99, after: ids[1]), .after(.zero)] {
            let report = try await service.acknowledge(cursor, by: self.name, of: topic.key, as: .olga)
            #expect(report?.stored.position.id == ids[0], "\(cursor)")
        }
        let report = try await service.acknowledge(.after(ids[1]), by: self.name, of: topic.key, as: .olga)
        #expect(report?.stored.position.id == ids[1] && report?.lag.messages == 1)
    }

    @Test("a reader is its user's: others learn nothing of it, and who manages the topic may list and delete it")
    func whose() async throws {
        let relay = TestRelay()
        let topic = try await relay.topic(isPublic: true)
        try relay.publish(1...3)
        let service = self.service(relay)
        let paul = Principal(id: UserID("paul"), username: "paul", permissions: [.read])
        _ = try await service.put(self.name, of: topic.key, at: .cursor(.oldest), as: paul)
        #expect(try await service.reports(of: topic.key, after: nil, limit: 9, as: paul).count == 1)
        #expect(try await service.reports(of: topic.key, after: nil, limit: 9, as: .olga).count == 1)
        let eve = Principal(id: UserID("eve"), username: "eve", permissions: [.read])
        #expect(try await service.reports(of: topic.key, after: nil, limit: 9, as: eve).isEmpty)
        #expect(try await service.report(self.name, of: topic.key, as: eve) == nil)
        #expect(try await service.report(self.name, of: topic.key, as: .olga) == nil)
        await #expect(throws: BrokerError.denied) {
            try await service.delete(self.name, of: topic.key, ofUser: paul.id, as: eve)
        }
        #expect(try await service.delete(self.name, of: topic.key, as: eve) == false)
        #expect(try await service.delete(self.name, of: topic.key, ofUser: paul.id, as: .olga))
        #expect(try await service.report(self.name, of: topic.key, as: paul) == nil)
    }

    @Test("by force a reader goes back, and an acknowledgement that waited does not undo that")
    func rewinds() async throws {
        let relay = TestRelay()
        let topic = try await relay.topic()
        try relay.publish(1...5)
        let service = self.service(relay)
        let ids = relay.store.ids(in: topic.key)
        let made = try await service.put(self.name, of: topic.key, at: .tail, as: .olga)
        #expect(made.isNew && made.report.lag.messages == 0)
        #expect(service.acknowledge(ReaderPosition(epoch: topic.bounds.epoch.id, id: ids[4]), of: self.reader))
        let back = try await service.put(self.name, of: topic.key, at: .cursor(.after(ids[1])), as: .olga)
        #expect(!back.isNew && back.report.lag.messages == 3 && back.report.lag.isExact)
        try await service.flush()
        #expect(self.readers[self.reader]?.position.id == ids[1])
    }

    @Test("a reader that is opened stays, and one that is not goes")
    func idle() async throws {
        let relay = TestRelay()
        let topic = try await relay.topic()
        let service = self.service(relay)
        _ = try await self.open(service, topic)
        relay.clock.advance(seconds: 20 * 86_400)
        _ = try await self.open(service, topic)
        relay.clock.advance(seconds: 20 * 86_400)
        try await service.sweep(at: relay.clock.now)
        #expect(self.readers[self.reader] != nil)
        relay.clock.advance(seconds: 20 * 86_400)
        try await service.sweep(at: relay.clock.now)
        #expect(self.readers[self.reader] == nil)
    }
}

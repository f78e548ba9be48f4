import NIOCore
import NIOPosix
import RelayCore
import RelayEditing
import RelayStorage
import RelayWire
import Synchronization
import Testing

/// An event loop with readers, as a relay has them.
final class EditingLoop: DocumentLoop, ReadingLoop {
    let eventLoop: any EventLoop
    private let state: NIOLoopBoundBox<LoopReaders?>
    private let inbox = Mutex<[Topic]>([])

    init(_ broker: Broker) async throws {
        self.eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        self.state = NIOLoopBoundBox.makeEmptyBox(eventLoop: self.eventLoop)
        try await self.eventLoop.submit {
            self.state.value = LoopReaders(loop: self, clock: broker.clock) { request, ticket in
                broker.read(request) { result in
                    self.eventLoop.execute { self.state.value?.readFinished(ticket, result) }
                }
            }
        }.get()
    }

    var readers: LoopReaders? { self.state.value }

    func topicChanged(_ topic: Topic) {
        self.inbox.withLock { $0.append(topic) }
        self.eventLoop.execute {
            let topics = self.inbox.withLock { inbox in
                defer { inbox = [] }
                return inbox
            }
            self.state.value?.process(topics)
        }
    }

    func willFlush() {}

    func comeBack() { self.eventLoop.execute { self.state.value?.goOn() } }

    func gather(for time: TimeAmount) {
        self.eventLoop.scheduleTask(in: time) { self.state.value?.handOut() }
    }

    func stop() async throws { try await self.eventLoop.submit { self.state.value = nil }.get() }
}

/// A clock that also jumps ahead.
final class PassingClock: Sendable {
    private let ahead = Mutex(TimeAmount.zero)

    var uptime: NIODeadline { .now() + self.ahead.withLock { $0 } }

    func pass(_ time: TimeAmount) { self.ahead.withLock { $0 = $0 + time } }
}

/// Documents on a store in memory, and the keeper that works on them.
struct EditingStage {
    let broker: Broker
    let store: MemoryStore
    let documents: DocumentService
    let loop: EditingLoop
    let clock: PassingClock
    let olga = Principal.user("olga")

    static func run(
        _ change: (inout DocumentSettings) -> Void = { _ in },
        _ body: @Sendable @escaping (EditingStage) async throws -> Void
    ) async throws {
        var settings = DocumentSettings()
        change(&settings)
        let memory = MemoryLedger()
        let clock = PassingClock()
        let store = MemoryStore()
        let broker = Broker(
            store: store,
            catalog: TopicCatalog([PlainStream()] + DocumentService.behaviors(settings)),
            memory: memory,
            clock: RelayClock(now: { Timestamp(microseconds: 1_795_000_000_000_000) }, uptime: { clock.uptime })
        )
        let loop = try await EditingLoop(broker)
        let documents = DocumentService(settings: settings, broker: broker, memory: memory, anyLoop: { loop })
        let stage = EditingStage(broker: broker, store: store, documents: documents, loop: loop, clock: clock)
        let keeper = Task { await DocumentKeeper(documents).run() }
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(stage))
        } catch {
            result = .failure(error)
        }
        keeper.cancel()
        await keeper.value
        try await stage.loop.stop()
        try result.get()
    }

    func open(_ name: DocumentName, as principal: Principal? = nil) async throws -> DocumentUse {
        try await self.documents.open(name, on: self.loop, as: principal ?? self.olga)
    }

    /// As another relay on the same store does: deletes a document, and makes it again.
    func makeAnewElsewhere(_ name: DocumentName) async throws {
        let other = Broker(store: self.store, catalog: self.broker.catalog, clock: self.broker.clock)
        let key = TopicKey(name: name.topicName)
        try await other.deleteTopic(key, as: self.olga)
        _ = try await other.createTopic(key, isPublic: false, description: nil, by: self.olga)
    }

    func publish(_ update: [UInt8], to name: DocumentName) async throws {
        let item = Broker.Item(key: TopicKey(name: name.topicName), draft: .binary(update))
        _ = try await self.broker.publish([item], as: self.olga).map { try $0.get() }
    }
}

/// Asks again and again.
func until(_ what: Comment, _ condition: () throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while try !condition() {
        try #require(ContinuousClock.now < deadline, what)
        try await Task.sleep(for: .milliseconds(2))
    }
}

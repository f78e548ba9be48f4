import NIOCore
import NIOPosix
import RelayCore
import RelayStorage
import RelayWire
import Synchronization
import Testing

@testable import RelayPresence

/// An event loop with readers and presence, as a relay has them.
final class StageLoop: ReadingLoop {
    struct Parts {
        let readers: LoopReaders
        let presence: PresenceLoop
    }

    let eventLoop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next()
    private let state: NIOLoopBoundBox<Parts?>
    private let inbox = Mutex<[Topic]>([])

    init(_ broker: Broker, _ service: PresenceService) async throws {
        self.state = NIOLoopBoundBox.makeEmptyBox(eventLoop: self.eventLoop)
        try await self.eventLoop.submit {
            let readers = LoopReaders(loop: self, clock: broker.clock) { request, ticket in
                broker.read(request) { result in
                    self.eventLoop.execute { self.state.value?.readers.readFinished(ticket, result) }
                }
            }
            let presence = PresenceLoop(service, readers, on: self.eventLoop)
            self.state.value = Parts(readers: readers, presence: presence)
        }.get()
    }

    var parts: Parts? { self.state.value }

    func topicChanged(_ topic: Topic) {
        self.inbox.withLock { $0.append(topic) }
        self.eventLoop.execute {
            let topics = self.inbox.withLock { inbox in
                defer { inbox = [] }
                return inbox
            }
            self.state.value?.readers.process(topics)
        }
    }

    func willFlush() {}

    func comeBack() { self.eventLoop.execute { self.state.value?.readers.goOn() } }

    func gather(for time: TimeAmount) {
        self.eventLoop.scheduleTask(in: time) { self.state.value?.readers.handOut() }
    }

    func stop() async throws {
        try await self.eventLoop.submit {
            self.state.value?.presence.stop()
            self.state.value = nil
        }.get()
    }
}

/// A clock that tests set.
final class StageClock: Sendable {
    private let time = Mutex<(now: Timestamp, ahead: TimeAmount)>((.at(0), .zero))

    var now: Timestamp { self.time.withLock { $0.now } }

    func pass(seconds: Int64) {
        self.time.withLock { $0 = ($0.now.adding(seconds: seconds), $0.ahead + .seconds(seconds)) }
    }

    /// The wall clock is set: no time passes.
    func set(_ now: Timestamp) { self.time.withLock { $0.now = now } }

    func relayClock(ahead seconds: Int64 = 0) -> RelayClock {
        RelayClock(now: { self.now.adding(seconds: seconds) }, uptime: { .now() + self.time.withLock { $0.ahead } })
    }
}

/// One relay with presence.
final class StageRelay: Sendable {
    let broker: Broker
    let service: PresenceService
    let loops: [StageLoop]
    let memory: MemoryLedger
    /// Nil for a relay that has its store for itself.
    let front: ServerFront?
    private let running = Mutex<Task<Void, Never>?>(nil)

    init(
        store: any StreamStore,
        front: ServerFront?,
        settings: PresenceSettings,
        limits: BrokerLimits,
        clock: RelayClock,
        lookInterval: Duration,
        loops count: Int
    ) async throws {
        let memory = MemoryLedger()
        let broker = Broker(
            store: store,
            feed: front,
            catalog: TopicCatalog([PlainStream(), PresenceTopic()]),
            limits: limits,
            memory: memory,
            clock: clock
        )
        broker.startFollowing()
        let service = PresenceService(
            settings: settings,
            broker: broker,
            memory: memory,
            leases: front,
            lookingEvery: lookInterval
        )
        (self.broker, self.service, self.memory, self.front) = (broker, service, memory, front)
        var loops: [StageLoop] = []
        for _ in 0..<count { loops.append(try await StageLoop(broker, service)) }
        self.loops = loops
        self.start()
    }

    /// Writes, and hears of what it may have missed.
    func start() {
        let (service, broker) = (self.service, self.broker)
        let task = Task {
            await withTaskGroup(of: Void.self) { tasks in
                tasks.addTask { await service.run() }
                tasks.addTask {
                    for await _ in broker.unsureTopicsArrived {
                        for topic in broker.takeUnsureTopics() { try? await Self.locate(topic, by: broker) }
                    }
                }
                await tasks.waitForAll()
            }
        }
        self.running.withLock { $0 = task }
    }

    /// Asks until the store answers.
    private static func locate(_ topic: TopicKey, by broker: Broker) async throws {
        while true {
            do throws(StoreError) {
                return try await broker.checkPosition(of: topic)
            } catch {
                try await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    /// The process dies: nothing is said any more.
    func kill() async throws {
        let task = self.running.withLock { $0.take() }
        task?.cancel()
        await task?.value
        for loop in self.loops { try await loop.stop() }
    }

    /// Looks at all loops, as the service does every few seconds.
    func check() async throws {
        for loop in self.loops { try await loop.eventLoop.submit { loop.parts?.presence.check() }.get() }
    }
}

/// Relays with presence, and their clients.
struct PresenceStage {
    static let news = TopicKey(name: TopicName(path: "news"))

    let server = SharedServer()
    let clock = StageClock()
    private let relays = Kept<StageRelay>()
    var settings = PresenceSettings()
    var limits = BrokerLimits()
    var lookInterval = Duration.seconds(10)

    static func run(
        _ change: (inout PresenceSettings) -> Void = { _ in },
        _ body: (PresenceStage) async throws -> Void
    ) async throws {
        var stage = PresenceStage()
        change(&stage.settings)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(stage))
        } catch {
            result = .failure(error)
        }
        for relay in stage.relays.all { try await relay.kill() }
        try result.get()
    }

    /// A relay that shares the server with others.
    ///
    /// - Parameter seconds: by how much its wall clock is ahead of the others'.
    func relay(loops: Int = 1, clockAhead seconds: Int64 = 0) async throws -> StageRelay {
        let front = self.server.front()
        return try await self.keep(
            StageRelay(
                store: front,
                front: front,
                settings: self.settings,
                limits: self.limits,
                clock: self.clock.relayClock(ahead: seconds),
                lookInterval: self.lookInterval,
                loops: loops
            )
        )
    }

    /// A relay that has its store for itself.
    func lonelyRelay(loops: Int = 1) async throws -> StageRelay {
        try await self.keep(
            StageRelay(
                store: self.server.store,
                front: nil,
                settings: self.settings,
                limits: self.limits,
                clock: self.clock.relayClock(),
                lookInterval: self.lookInterval,
                loops: loops
            )
        )
    }

    private func keep(_ relay: StageRelay) async throws -> StageRelay {
        self.relays.add(relay)
        return relay
    }

    /// Makes the topic of olga's.
    func makeTopic(at relay: StageRelay, isPublic: Bool = true) async throws {
        _ = try await relay.broker.createTopic(Self.news, isPublic: isPublic, description: nil, by: .olga)
    }

    /// So much time passes, without a sign of life of others, that their leases lapse, and the relay acts on it. It lives itself.
    func lapse(at relay: StageRelay) async throws {
        for _ in 0..<2 {
            self.clock.pass(seconds: self.settings.leaseSeconds / 2 + 1)
            #expect(await relay.service.renewLeases())
            #expect(await relay.service.expireLeases())
        }
    }

    /// Who the store says is there.
    func stored(at relay: StageRelay) async throws -> [String] {
        try await relay.service.roster(of: Self.news, as: .relay).members.map(\.connection.rawValue)
    }
}

/// What a stage has made.
final class Kept<Thing: Sendable>: Sendable {
    private let things = Mutex<[Thing]>([])

    var all: [Thing] { self.things.withLock { $0 } }

    func add(_ thing: Thing) { self.things.withLock { $0.append(thing) } }
}

/// Asks again and again.
func until(_ what: Comment, _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while try await !condition() {
        try #require(ContinuousClock.now < deadline, what)
        try await Task.sleep(for: .milliseconds(2))
    }
}

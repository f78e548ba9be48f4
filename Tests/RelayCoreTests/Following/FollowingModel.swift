import RelayCore
import RelayWire
import SeededRandom
import Synchronization

/// Several relays on one store, with clients and publishers, on one thread: every step is drawn from a seed.
final class FollowingModel {
    private let world: SharedWorld
    private let executor = ManualExecutor()
    private let brokers: [Broker]
    private let inboxes: [TestLoop]
    private let loops: [LoopReaders]
    private let resolved = SharedBox()
    /// What was wrong with pages of history.
    private let wrongPages = Collected<String>()
    private var random: SeededGenerator
    private var connections: [FollowingConnection] = []
    private var open: Set<Int> = []
    private var published = 0

    init(seed: UInt64) {
        self.random = SeededGenerator(seed: seed &* 31)
        let count = 2 + Int(seed % 2)
        let world = SharedWorld(relays: count, seed: seed, noticesLosses: (seed / 2).isMultiple(of: 2))
        let limits = BrokerLimits(
            hotMessagesPerTopic: seed.isMultiple(of: 3) ? 6 : 1_000,
            retention: Retention(maxMessages: seed.isMultiple(of: 5) ? 12 : 10_000)
        )
        self.world = world
        self.inboxes = (0..<count).map { _ in TestLoop() }
        self.brokers = (0..<count).map { relay in
            let store = SharedWorldStore(world: world, relay: relay)
            return Broker(store: store, feed: store, limits: limits, clock: world.clock.relayClock)
        }
        self.loops = zip(self.brokers, self.inboxes).map { broker, inbox in
            LoopReaders(loop: inbox, clock: world.clock.relayClock) { request, ticket in
                broker.read(request) { inbox.readDone(ticket, $0) }
            }
        }
        for broker in self.brokers { broker.startFollowing() }
    }

    /// - Returns: what went wrong, and at which step; nil if nothing did.
    func run(steps: Int) -> String? {
        for step in 0..<steps {
            self.act()
            if let failure = self.failure() { return "step \(step): \(failure)" }
        }
        return self.finish()
    }

    // MARK: One step

    private func act() {
        let relay = Int.random(in: self.brokers.indices, using: &self.random)
        switch Int.random(in: 0..<100, using: &self.random) {
        case 0..<30: _ = self.world.letSomethingArrive()
        case 30..<45: _ = self.world.tellNews(to: relay)
        case 45..<60: self.turn(relay)
        case 60..<73: self.publish(on: relay)
        case 73..<76: self.connect(to: relay, from: self.anyStart())
        case 76..<79: self.readHistory(on: relay)
        case 79..<83: self.resumeElsewhere()
        case 83..<88: self.makeRoom()
        case 88..<92: self.check(on: relay)
        case 92..<95: self.hearTopicChange(on: relay)
        case 95: self.world.loseNews(of: relay)
        case 96: self.world.state.withLock { $0.failures = self.random.chance(30) ? 30 : 0 }
        case 97: self.world.clock.advance(milliseconds: self.random.chance(20) ? 70_000 : 1)
        case 98: self.maintain(relay)
        default: self.disturb(relay)
        }
        self.executor.drain()
    }

    private func spawn(_ work: @escaping @Sendable () async -> Void) {
        Task(executorPreference: self.executor) { await work() }
    }

    private func publish(on relay: Int) {
        self.published += 1
        let item = Broker.Item(key: self.world.key, draft: .numbered(self.published, at: self.world.clock.now))
        let broker = self.brokers[relay]
        let again: @Sendable () -> Void = { [executor] in
            Task(executorPreference: executor) { _ = await broker.publishOne(item, once: nil, as: .olga) }
        }
        let isTaken = broker.publishNow(item, as: .olga) { if case .failure(.moved) = $0 { again() } }
        if !isTaken { again() }
    }

    private func readHistory(on relay: Int) {
        let history = AskedHistory(of: self.world, &self.random)
        let (broker, wrongPages) = (self.brokers[relay], self.wrongPages)
        self.spawn { wrongPages.add(await history.read(broker).map { ["relay \(relay): \($0)"] } ?? []) }
    }

    private func check(on relay: Int) {
        let broker = self.brokers[relay]
        let key = self.world.key
        for _ in broker.takeUnsureTopics() { self.check(key, broker) }
        if self.random.chance(10) { self.check(key, broker) }
    }

    private func check(_ key: TopicKey, _ broker: Broker) {
        let again = self.resolved
        self.spawn {
            do throws(StoreError) { try await broker.checkPosition(of: key) } catch { again.checkAgain(broker) }
        }
    }

    private func hearTopicChange(on relay: Int) {
        let key = self.world.key
        let broker = self.brokers[relay]
        let world = self.world
        let isNews = world.state.withLock { state in
            defer { state.hasTopicChanged[relay] = false }
            return state.hasTopicChanged[relay]
        }
        guard isNews, broker.isResident(key) else { return }
        self.spawn {
            do throws(BrokerError) {
                try await broker.topicsChanged([key])
            } catch {
                world.state.withLock { $0.hasTopicChanged[relay] = true }
            }
        }
    }

    private func maintain(_ relay: Int) {
        let broker = self.brokers[relay]
        if self.random.chance(60) {
            self.spawn { await broker.restUnreadTopics() }
        } else {
            self.spawn { try? await broker.sweep() }
        }
    }

    private func disturb(_ relay: Int) {
        let broker = self.brokers[relay]
        let key = self.world.key
        if self.random.chance(60) {
            self.spawn { try? await broker.deleteTopic(key, as: .olga) }
        } else {
            let count = Int.random(in: 1...6, using: &self.random)
            self.world.state.withLock { state in
                state.log.loseTail(of: count, &state.random)
                for relay in state.news.indices where state.random.chance(50) {
                    state.news[relay].append(.missed([key]))
                }
            }
        }
    }

    // MARK: Clients

    private func anyStart() -> ReaderStart {
        switch Int.random(in: 0..<3, using: &self.random) {
        case 0: .tail
        case 1: .cursor(.oldest)
        default: self.connections.randomElement(using: &self.random).map(self.cursor) ?? .tail
        }
    }

    /// Where the connection's client would go on.
    private func cursor(of connection: FollowingConnection) -> ReaderStart {
        guard connection.reader != nil, connection.walk.epoch != StreamEpoch.none.id else { return .tail }
        // Where losses are noticed, a client need not keep the epoch.
        if self.world.log.noticesLosses, self.random.chance(60) { return .cursor(.after(connection.walk.last)) }
        return .cursor(.inEpoch(connection.walk.epoch, after: connection.walk.last))
    }

    private func connect(to relay: Int, from start: ReaderStart) {
        guard self.open.count < 12 else { return }
        let room = self.random.chance(40) ? Int.random(in: 0...8, using: &self.random) : .max
        self.open.insert(self.connections.count)
        self.connections.append(FollowingConnection(relay: relay, start: start, room: room))
        self.resolve(self.connections.count - 1)
    }

    private func resolve(_ index: Int) {
        let broker = self.brokers[self.connections[index].relay]
        let key = self.world.key
        let resolved = self.resolved
        self.spawn { resolved.add(index, await broker.topics([key], for: .join, as: .olga)) }
    }

    private func resumeElsewhere() {
        guard let index = self.open.sorted().randomElement(using: &self.random) else { return }
        let connection = self.connections[index]
        self.open.remove(index)
        if let reader = connection.reader { self.loops[connection.relay].leave(reader) }
        self.connect(to: (connection.relay + 1) % self.brokers.count, from: self.cursor(of: connection))
    }

    private func makeRoom() {
        guard let index = self.open.sorted().randomElement(using: &self.random) else { return }
        self.makeRoom(.random(in: 0...10, using: &self.random), for: self.connections[index])
    }

    private func makeRoom(_ room: Int, for connection: FollowingConnection) {
        connection.room = room
        if let reader = connection.reader { self.loops[connection.relay].resume(reader) }
    }

    /// - Returns: whether the relay's loop had anything to do.
    @discardableResult
    private func turn(_ relay: Int) -> Bool {
        let news = self.inboxes[relay].takeNews()
        for (ticket, result) in news.reads { self.loops[relay].readFinished(ticket, result) }
        if !news.topics.isEmpty { self.loops[relay].process(news.topics) }
        if news.comesBack { self.loops[relay].goOn() }
        let found = self.resolved.take { self.connections[$0].relay == relay }
        for (index, topic) in found where self.open.contains(index) { self.join(index, topic) }
        return !news.isEmpty || !found.isEmpty
    }

    private func join(_ index: Int, _ topic: Topic?) {
        let connection = self.connections[index]
        guard let topic else { return self.resolve(index) }
        switch self.loops[connection.relay].join(topic, start: connection.start, tag: index, sink: connection) {
        case .moved: self.resolve(index)
        case .denied: self.open.remove(index)
        case .joined(let reader):
            connection.reader = reader
            switch connection.start {
            case .cursor(.inEpoch(let epoch, after: let id)): connection.walk.begin(after: id, epoch: epoch)
            case .cursor(.after(let id)): connection.walk.begin(after: id, epoch: reader.epoch)
            case .cursor(.oldest):
                let passed = topic.bounds.epoch.holes.last { $0.after <= reader.cursor }?.through
                connection.walk.begin(after: reader.cursor, epoch: reader.epoch, owedAfter: passed ?? .zero)
            case .tail, .cursor: connection.walk.begin(after: reader.cursor, epoch: reader.epoch)
            }
            self.loops[connection.relay].start(reader)
        }
    }

    // MARK: What must hold

    private func failure() -> String? {
        if let wrong = self.wrongPages.all.first { return wrong }
        for (index, connection) in self.connections.enumerated() where !connection.events.isEmpty {
            let log = self.world.log
            for event in connection.events {
                if let failure = connection.walk.take(event, log) { return "connection \(index): \(failure)" }
            }
            connection.events = []
            if connection.hasEnded { self.open.remove(index) }
        }
        return nil
    }

    /// Lets everything come to rest, and looks whether everybody has everything.
    private func finish() -> String? {
        self.world.state.withLock { $0.failures = 0 }
        for index in self.open { self.makeRoom(.max, for: self.connections[index]) }
        for isLast in [false, true] {
            guard self.settle() else { return "does not come to rest" }
            if let failure = self.failure() { return "at the end: \(failure)" }
            if !isLast { for broker in self.brokers { for key in broker.followedTopics { self.check(key, broker) } } }
        }
        let log = self.world.log
        for index in self.open.sorted() where !self.connections[index].hasEnded {
            guard let reader = self.connections[index].reader else { return "connection \(index) never joined" }
            let position = self.loops[self.connections[index].relay].position(of: reader)
            if let lack = self.connections[index].walk.lack(log) { return "connection \(index): \(lack)" }
            guard position >= log.bounds.last, reader.epoch == log.bounds.epoch.id else {
                return "connection \(index) stands at \(position) of \(reader.epoch), the stream at \(log.bounds)"
            }
        }
        return nil
    }

    private func settle() -> Bool {
        for _ in 0..<20_000 {
            self.executor.drain()
            var isBusy = self.world.letSomethingArrive()
            for relay in self.brokers.indices {
                if self.world.tellNews(to: relay) { isBusy = true }
                if self.turn(relay) { isBusy = true }
                for broker in self.resolved.takeUnchecked() { self.check(self.world.key, broker) }
                for key in self.brokers[relay].takeUnsureTopics() {
                    isBusy = true
                    self.check(key, self.brokers[relay])
                }
                if self.world.state.withLock({ $0.hasTopicChanged[relay] }) {
                    isBusy = isBusy || self.brokers[relay].isResident(self.world.key)
                    self.hearTopicChange(on: relay)
                }
            }
            guard isBusy else { return true }
        }
        return false
    }
}

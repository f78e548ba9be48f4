import RelayWire
import SeededRandom
import Synchronization
import Testing

@testable import RelayCore

@Suite("A topic that other relays have too")
struct SharedTopicTests {
    private let world = SharedWorld(relays: 2, seed: 1)
    private let executor = ManualExecutor()
    private let brokers: [Broker]

    init() {
        self.brokers = [0, 1].map { [world] relay in
            let store = SharedWorldStore(world: world, relay: relay)
            return Broker(store: store, feed: store, clock: world.clock.relayClock)
        }
        for broker in self.brokers { broker.startFollowing() }
    }

    /// Runs until everything that was asked is answered, and all news are heard.
    private func settle() {
        var isBusy = true
        while isBusy {
            self.executor.drain()
            isBusy = self.world.letSomethingArrive()
            for relay in 0...1 where self.world.tellNews(to: relay) { isBusy = true }
        }
    }

    private func run(_ work: @escaping @Sendable () async -> Void) {
        Task(executorPreference: self.executor) { await work() }
        self.settle()
    }

    private func item(_ number: Int) -> Broker.Item {
        Broker.Item(key: self.world.key, draft: .numbered(number, at: self.world.clock.now))
    }

    private func publish(_ number: Int, on relay: Int, as principal: Principal = .olga) -> Result<
        Publication, BrokerError
    >? {
        let results = Collected<Result<Publication, BrokerError>>()
        let (broker, item) = (self.brokers[relay], self.item(number))
        self.run { results.add([await broker.publishOne(item, once: nil, as: principal).result]) }
        return results.all.first
    }

    private func delete(on relay: Int) {
        let (broker, key) = (self.brokers[relay], self.world.key)
        self.run { try? await broker.deleteTopic(key, as: .olga) }
    }

    private var isListening: [Bool] { self.world.state.withLock { $0.listening } }

    @Test("a publish to a topic that was deleted and created elsewhere goes to the new one, if its owner is the same")
    func recreated() {
        #expect((try? self.publish(1, on: 0)?.get()) != nil)
        self.delete(on: 1)
        #expect((try? self.publish(2, on: 1)?.get()) != nil)
        #expect((try? self.publish(3, on: 0)?.get()) != nil)
        #expect(self.world.log.messages.compactMap(\.number) == [2, 3])
    }

    @Test("a publish to a topic that was created elsewhere by somebody else is decided on again, and denied")
    func takenOver() {
        #expect((try? self.publish(1, on: 0)?.get()) != nil)
        self.delete(on: 1)
        #expect((try? self.publish(2, on: 1, as: .sven)?.get()) != nil)
        #expect(self.publish(3, on: 0) == .failure(.denied))
        #expect(self.world.log.messages.compactMap(\.number) == [2])
    }

    @Test("a publish that does not suspend reports that the topic has moved, and nothing is stored")
    func moved() {
        #expect((try? self.publish(1, on: 0)?.get()) != nil)
        self.delete(on: 1)
        #expect((try? self.publish(2, on: 1, as: .sven)?.get()) != nil)
        let results = Collected<Result<Publication, BrokerError>>()
        #expect(self.brokers[0].publishNow(self.item(3), as: .olga) { results.add([$0]) })
        self.settle()
        #expect(results.all == [.failure(.moved)])
        #expect(self.world.log.messages.compactMap(\.number) == [2])
    }

    @Test("a topic is listened to from its first reader on, until nobody has read it for a minute")
    func rests() throws {
        #expect((try? self.publish(1, on: 0)?.get()) != nil)
        #expect(self.isListening == [false, false])
        #expect(self.brokers[0].followedTopics.isEmpty)
        let (broker, key) = (self.brokers[0], self.world.key)
        self.run { _ = await broker.topics([key], for: .join, as: .olga) }
        #expect(self.isListening == [true, false])
        let inbox = TestLoop()
        let readers = LoopReaders(loop: inbox, clock: self.world.clock.relayClock) { _, _ in }
        let sink = TestSink()
        let topic = try #require(try broker.topicAtHand(key, for: .join, as: .olga)).topic
        guard case .joined(let reader) = readers.join(topic, start: .tail, tag: 0, sink: sink) else {
            Issue.record("not joined")
            return
        }
        readers.start(reader)
        self.world.clock.advance(milliseconds: 100_000)
        self.run { await broker.restUnreadTopics() }
        #expect(self.isListening == [true, false])
        readers.leave(reader)
        self.run { await broker.restUnreadTopics() }
        #expect(self.isListening == [true, false], "it was read a moment ago")
        self.world.clock.advance(milliseconds: 100_000)
        self.run { await broker.restUnreadTopics() }
        #expect(self.isListening == [false, false])
        #expect(try broker.topicAtHand(key, for: .join, as: .olga) == nil)
        #expect(broker.statistics.hotBytes == 0)
        guard case .moved = readers.join(topic, start: .tail, tag: 0, sink: sink) else {
            Issue.record("joined what hears nothing")
            return
        }
    }

    @Test("who waits for a topic gets nothing of it that others store before it is known here who may read it")
    func privateFirstMessage() throws {
        let (broker, key) = (self.brokers[0], self.world.key)
        self.run { _ = await broker.topics([key], for: .join, as: .sven) }
        let loop = TestLoop()
        let readers = LoopReaders(loop: loop, clock: self.world.clock.relayClock) { _, _ in }
        let sink = TestSink(.sven)
        let topic = try #require(try broker.topicAtHand(key, for: .join, as: .sven)).topic
        guard case .joined(let reader) = readers.join(topic, start: .tail, tag: 0, sink: sink) else {
            Issue.record("not joined")
            return
        }
        readers.start(reader)
        #expect((try? self.publish(1, on: 1)?.get()) != nil)
        self.run { for key in broker.takeUnsureTopics() { try? await broker.checkPosition(of: key) } }
        readers.process(loop.takeNews().topics)
        #expect(sink.messages.isEmpty)
        #expect(sink.ends == [.accessLost])
    }

    /// What the name had before somebody began to wait for it.
    enum Past: CaseIterable {
        case nothing, deletedTopic, orphans
    }

    @Test(
        "who waits for a topic gets nothing of it, whenever another relay makes it while this one asks for it; who may read it gets all",
        arguments: 0..<8,
        Past.allCases
    )
    func madeWhileAsked(step: Int, past: Past) throws {
        let (broker, key, world) = (self.brokers[0], self.world.key, self.world)
        if past != .nothing {
            #expect((try? self.publish(1, on: 1)?.get()) != nil)
            self.delete(on: 1)
        }
        // Stored by a relay that had not heard of the deletion.
        if past == .orphans { world.append([2]) }
        self.run { _ = await broker.topics([key], for: .join, as: .sven) }
        let inbox = TestLoop()
        let readers = LoopReaders(loop: inbox, clock: world.clock.relayClock) { request, ticket in
            broker.read(request) { inbox.readDone(ticket, $0) }
        }
        let topic = try #require(try broker.topicAtHand(key, for: .join, as: .sven)).topic
        let (owner, stranger, late) = (TestSink(.olga), TestSink(.sven), TestSink(.sven))
        for (sink, start) in [(owner, ReaderStart.tail), (stranger, .tail), (late, .cursor(.oldest))] {
            guard case .joined(let reader) = readers.join(topic, start: start, tag: 0, sink: sink) else {
                Issue.record("not joined")
                return
            }
            readers.start(reader)
        }
        let turn = {
            for _ in 0..<20 {
                self.settle()
                let news = inbox.takeNews()
                for (ticket, result) in news.reads { readers.readFinished(ticket, result) }
                readers.process(news.topics)
                if news.comesBack { readers.goOn() }
            }
        }
        turn()
        Task(executorPreference: self.executor) { try? await broker.topicsChanged([key]) }
        self.executor.drain()
        for _ in 0..<step {
            _ = world.letSomethingArrive()
            self.executor.drain()
        }
        world.create(.olgas("news", at: world.clock.now))
        world.append([3, 4])
        turn()
        #expect(stranger.messages.isEmpty && late.messages.isEmpty)
        // Now it hears of the creation, too.
        self.run { try? await broker.topicsChanged([key]) }
        turn()
        #expect(owner.numbers == [3, 4])
        #expect(stranger.messages.isEmpty && late.messages.isEmpty)
        #expect(stranger.ends == [.accessLost] && late.ends == [.accessLost])
    }

    @Test("a topic that could not be listened to is asked for again by the next reader")
    func failedTuning() throws {
        let (broker, key) = (self.brokers[0], self.world.key)
        self.world.state.withLock { $0.failures = 100 }
        self.run { _ = await broker.topics([key], for: .join, as: .olga) }
        #expect(try broker.topicAtHand(key, for: .join, as: .olga) == nil)
        self.world.state.withLock { $0.failures = 0 }
        self.run { _ = await broker.topics([key], for: .join, as: .olga) }
        #expect(try broker.topicAtHand(key, for: .join, as: .olga) != nil)
        #expect(self.isListening == [true, false])
    }

    @Test("a change that comes while a topic is loaded is not passed over")
    func changeWhileLoading() {
        let (broker, key) = (self.brokers[0], self.world.key)
        Task(executorPreference: self.executor) { _ = await broker.topics([key], for: .join, as: .olga) }
        self.executor.drain()
        #expect(broker.isResident(key))
        #expect(broker.residentTopics == [key])
        self.settle()
        #expect(broker.isResident(key))
    }
}

import NIOCore
import RelayCore
import RelayPresence
import Synchronization

/// Binds an event loop's readers to the loop: gathers hints from all threads and acts on them once per loop tick.
final class DeliveryLoop: ReadingLoop {
    let eventLoop: any EventLoop
    private let state: NIOLoopBoundBox<LoopState?>
    private let inbox = Mutex<[Topic]>([])

    /// What lives on the loop alone.
    final class LoopState {
        let readers: LoopReaders
        let connections: LoopConnections
        let presence: PresenceLoop
        let headTexts = HeadTexts()
        let lateAnswers = LateAnswers()
        let resting: RestingConnections

        init(
            readers: LoopReaders,
            connections: LoopConnections,
            presence: PresenceLoop,
            resting: RestingConnections
        ) {
            self.readers = readers
            self.connections = connections
            self.presence = presence
            self.resting = resting
        }
    }

    private init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.state = NIOLoopBoundBox.makeEmptyBox(eventLoop: eventLoop)
    }

    static func start(
        on eventLoop: any EventLoop,
        broker: Broker,
        presence: PresenceService,
        endsExpired: Bool,
        peerTimeout: TimeAmount
    ) async throws -> DeliveryLoop {
        let loop = DeliveryLoop(eventLoop: eventLoop)
        try await eventLoop.submit { loop.open(broker, presence, endsExpired, peerTimeout) }.get()
        return loop
    }

    private func open(
        _ broker: Broker,
        _ presence: PresenceService,
        _ endsExpired: Bool,
        _ peerTimeout: TimeAmount
    ) {
        let eventLoop = self.eventLoop
        // The readers hold the loop, and the loop holds them until it stops.
        let readers = LoopReaders(loop: self, clock: broker.clock) { request, ticket in
            self.fetch(request, ticket, from: broker, attempt: 1)
        }
        let connections = LoopConnections(
            eventLoop: eventLoop,
            expiryClock: endsExpired ? broker.clock : nil,
            peers: VanishedPeers(bound: peerTimeout)
        )
        self.state.value = LoopState(
            readers: readers,
            connections: connections,
            presence: PresenceLoop(presence, readers, on: eventLoop),
            resting: RestingConnections(eventLoop: eventLoop)
        )
    }

    private static let readAttempts = 9
    private static let readDelay = TimeAmount.milliseconds(250)

    /// Reads for one reader. A store that can't be reached is asked again for two seconds, because a new connection to it may take that
    /// long. Otherwise the reader would lose its own connection for nothing.
    private func fetch(_ request: ReadRequest, _ ticket: LoopReaders.ReadTicket, from broker: Broker, attempt: Int) {
        broker.read(request) { result in
            self.eventLoop.execute {
                guard let current = self.state.value else { return }
                if case .failure(let error) = result, error.code == .unavailable, attempt < Self.readAttempts {
                    self.eventLoop.scheduleTask(in: Self.readDelay) {
                        self.fetch(request, ticket, from: broker, attempt: attempt + 1)
                    }
                } else {
                    current.readers.readFinished(ticket, result)
                }
            }
        }
    }

    /// Ends the loop's work; its connections are closed by then. What still comes in is ignored.
    func stop() async throws {
        try await self.eventLoop.submit {
            self.state.value?.connections.stop()
            self.state.value?.presence.stop()
            self.state.value = nil
        }.get()
    }

    /// On the loop only; nil once it has stopped.
    var current: LoopState? { self.state.value }

    func topicChanged(_ topic: Topic) {
        let isFirst = self.inbox.withLock { inbox in
            inbox.append(topic)
            return inbox.count == 1
        }
        if self.eventLoop.inEventLoop { self.state.value?.lateAnswers.deliveryIsDue() }
        // One task takes everything that has gathered by the time it runs, so a busy topic costs one wake-up per tick.
        if isFirst { self.eventLoop.execute { self.processInbox() } }
    }

    /// For how long the loop looks after its sockets before readers that are behind have their next turn. NIO looks at no socket while a
    /// task is due. So a task submitted at once would keep the loop from its sockets until the last reader has caught up.
    private static let pause = TimeAmount.microseconds(100)

    func comeBack() {
        self.eventLoop.scheduleTask(in: Self.pause) { self.state.value?.readers.goOn() }
    }

    func gather(for time: TimeAmount) {
        self.eventLoop.scheduleTask(in: time) { self.state.value?.readers.handOut() }
    }

    private func processInbox() {
        let topics = self.inbox.withLock { inbox in
            let topics = inbox
            inbox = []
            return topics
        }
        guard let current = self.state.value else { return }
        current.readers.process(topics)
        current.lateAnswers.flush()
    }

    func willFlush() { self.state.value?.lateAnswers.flush() }
}

import NIOCore
import RelayCore
import RelayPresence

/// The delivery loop of every event loop, and the way to reach them all.
final class DeliveryLoops: Sendable {
    private let byEventLoop: [ObjectIdentifier: DeliveryLoop]
    /// In an order that stays.
    let all: [DeliveryLoop]

    private init(_ loops: [DeliveryLoop]) {
        self.all = loops
        self.byEventLoop = Dictionary(uniqueKeysWithValues: loops.map { (ObjectIdentifier($0.eventLoop), $0) })
    }

    /// - Parameters:
    ///   - presence: what looks after who is on topics, as each loop knows it.
    ///   - endsExpired: whether an access token that expires ends what it opened.
    ///   - peerTimeout: see ``VanishedPeers``.
    static func start(
        on group: any EventLoopGroup,
        broker: Broker,
        presence: PresenceService,
        endsExpired: Bool,
        peerTimeout: TimeAmount
    ) async throws -> DeliveryLoops {
        var loops: [DeliveryLoop] = []
        for eventLoop in group.makeIterator() {
            loops.append(
                try await DeliveryLoop.start(
                    on: eventLoop,
                    broker: broker,
                    presence: presence,
                    endsExpired: endsExpired,
                    peerTimeout: peerTimeout
                )
            )
        }
        return DeliveryLoops(loops)
    }

    /// - Precondition: the event loop is one of the group that these were started on.
    subscript(eventLoop: any EventLoop) -> DeliveryLoop {
        guard let loop = self.byEventLoop[ObjectIdentifier(eventLoop)] else {
            preconditionFailure("a channel runs on an event loop that is not the relay's")
        }
        return loop
    }

    /// One of them, for what belongs to none.
    var any: DeliveryLoop {
        guard let loop = self.byEventLoop.values.randomElement() else { preconditionFailure("a relay has event loops") }
        return loop
    }

    /// How many readers topics have on this relay.
    ///
    /// - Returns: in the order of the keys; nil for those that are not in memory.
    func readers(of keys: [TopicKey], _ broker: Broker) async throws -> [Int?] {
        let topics = keys.map { broker.residentTopic($0) }
        var counts = topics.map { $0 == nil ? nil : 0 }
        guard topics.contains(where: { $0 != nil }) else { return counts }
        for loop in self.all {
            let own = try await loop.eventLoop.submit {
                topics.map { topic in topic.map { loop.current?.readers.count(on: $0) ?? 0 } }
            }.get()
            for (place, count) in own.enumerated() { counts[place]? += count ?? 0 }
        }
        return counts
    }

    /// Tells every open connection of a user, on every loop, to check its access again.
    func accessMayHaveChanged(of user: UserID) {
        for loop in self.byEventLoop.values {
            loop.eventLoop.execute { loop.current?.connections.accessMayHaveChanged(of: user) }
        }
    }

    /// Asks every long-lived connection to finish.
    ///
    /// - Parameter spread: until when the last is asked, see ``LoopConnections/shutDown(over:loops:)``.
    func shutDownConnections(over spread: TimeAmount = .zero) {
        let count = self.all.count
        for loop in self.all {
            loop.eventLoop.execute { loop.current?.connections.shutDown(over: spread, loops: count) }
        }
    }

    /// Closes whatever is still open.
    ///
    /// - Returns: how many connections that were.
    func cutOffConnections() async -> Int {
        var count = 0
        for loop in self.byEventLoop.values {
            let closed = loop.eventLoop.submit { loop.current?.connections.cutOff() ?? 0 }
            count += (try? await closed.get()) ?? 0
        }
        return count
    }

    /// Closes connections that hold untaken answers, in the order that ``ClosingOrder`` states.
    ///
    /// - Parameter excess: bytes that have to come free.
    /// - Returns: how many were closed.
    func closeHolders(freeing excess: Int) async throws -> Int {
        let loops = Array(self.byEventLoop.values)
        var held: [(since: NIODeadline, bytes: Int)] = []
        var owners: [(loop: DeliveryLoop, id: ObjectIdentifier)] = []
        for loop in loops {
            let found = try await loop.eventLoop.submit {
                (loop.current?.connections.untaken ?? []).map { connection, held in
                    (id: ObjectIdentifier(connection), since: held.since, bytes: held.charge.bytes)
                }
            }.get()
            held += found.map { ($0.since, $0.bytes) }
            owners += found.map { (loop, $0.id) }
        }
        let chosen = ClosingOrder.toClose(held, freeing: excess).map { owners[$0] }
        for (loop, ids) in Dictionary(grouping: chosen, by: { ObjectIdentifier($0.loop) }) {
            guard let owner = loops.first(where: { ObjectIdentifier($0) == loop }) else { continue }
            let ids = Set(ids.map(\.id))
            try await owner.eventLoop.submit {
                for (connection, _) in owner.current?.connections.untaken ?? []
                where ids.contains(ObjectIdentifier(connection)) {
                    connection.cutOff()
                }
            }.get()
        }
        return chosen.count
    }

    func stop() async throws {
        for loop in self.byEventLoop.values { try await loop.stop() }
    }
}

import NIOCore
import RelayAccess
import RelayCore
import RelayPresence
import RelayWire

/// What one connection has to do with the presence of topics: a seat at each, on a reader that joins as any reader does. Made with the first
/// request about presence, so that a connection without any has none. Lives on its connection's loop.
///
/// It keeps nothing that its client does not take: each seat hands out, when there is room, what has changed until then.
final class PresenceDesk {
    /// A topic whose presence is asked for.
    struct Place {
        /// The topic itself.
        let topic: TopicKey
        /// What the client knows already; nil for nothing.
        var since: Cursor? = nil
    }

    private struct Entry {
        let seat: PresenceSeat
        /// Whose presence it is.
        let topic: TopicKey
    }

    /// As which its client is there, where it joins.
    let connection: PresenceConnection
    /// Holds the desk, until it calls ``close()``.
    private let audience: any PresenceAudience
    private let desks: PresenceDesks
    private let joiner: Joiner
    /// By the names of the topics that the readers read.
    private var entries: [TopicName: Entry] = [:]
    private var subscriptions = Subscriptions()

    /// - Parameter id: what its audience's client knows its connection by; nil for a new one.
    init(_ audience: any PresenceAudience, as id: ConnectionID? = nil, among desks: PresenceDesks, joiner: Joiner) {
        let session = audience.session
        self.desks = desks
        self.audience = audience
        self.joiner = joiner
        self.connection = PresenceConnection(
            id: id ?? .random(),
            user: session.account.id,
            username: session.account.username,
            maxTopics: session.isGuest ? desks.maxTopicsOfGuest : .max
        )
        audience.loop.current?.connections.add(self)
    }

    /// How many seats it has.
    var count: Int { self.entries.count }

    /// Nil where the connection has no seat there.
    func seat(at topic: TopicKey) -> PresenceSeat? { self.entries[PresenceTopic.key(of: topic).name]?.seat }

    /// Takes a seat at each of these topics, at once where all are in memory: at all of them, or at none. The connection has none there yet.
    ///
    /// - Parameters:
    ///   - isWatching: whether the client is shown who is there.
    ///   - body: gets the seats in the order of the places, or what kept them out. Never called where the client leaves before. What there is
    ///     to show is shown by ``show(_:)``, which is called next.
    func sit(
        at places: [Place],
        isWatching: Bool,
        then body: @escaping (Result<[PresenceSeat], JoinRefusal>) -> Void
    ) {
        let keys = places.map { PresenceTopic.key(of: $0.topic) }
        self.joiner.join(keys, for: self.audience, sink: self, as: nil) { _, _ in
            .tail
        } then: { joined in
            switch consume joined {
            case .success(let joined): body(.success(self.seats(at: places, on: joined, isWatching: isWatching)))
            case .failure(let refusal): body(.failure(refusal))
            }
        }
    }

    private func seats(at places: [Place], on joined: consuming JoinedReaders, isWatching: Bool) -> [PresenceSeat] {
        // Where the loop has stopped, its connections are closed.
        guard let state = self.loop.current else { return [] }
        let readers = joined.readers
        self.subscriptions.add(joined)
        var seats: [PresenceSeat] = []
        for (place, reader) in zip(places, readers) {
            let seat = state.presence.seat(
                reader,
                of: self.connection,
                isWatching: isWatching,
                since: place.since,
                listener: self
            )
            self.entries[reader.topic.name] = Entry(seat: seat, topic: place.topic)
            self.desks.took(place.topic)
            seats.append(seat)
        }
        for reader in readers { state.readers.start(reader) }
        return seats
    }

    /// Ends a seat. What its connection is a member of there it leaves.
    func giveUp(_ seat: PresenceSeat) {
        let name = seat.reader.topic.name
        guard let entry = self.entries[name], entry.seat === seat else { return }
        self.entries[name] = nil
        self.end(entry)
        if let reader = self.subscriptions.remove(name) { self.loop.current?.readers.leave(reader) }
    }

    /// The audience is gone, or another user's from here on.
    func close() {
        self.loop.current?.connections.remove(self)
        for entry in self.entries.values { self.end(entry) }
        self.entries = [:]
        for reader in self.subscriptions.removeAll() { self.loop.current?.readers.leave(reader) }
    }

    private func end(_ entry: Entry) {
        entry.seat.end()
        self.desks.gaveUp(entry.topic)
    }

    // MARK: Showing

    /// Shows what there is for a seat's client, if that takes it.
    func show(_ seat: PresenceSeat) {
        guard self.audience.takesPresence, let handout = seat.next() else { return }
        self.audience.show(handout, at: seat)
    }

    /// The client has room again.
    func drained() {
        for _ in 0..<self.subscriptions.count {
            guard self.audience.takesPresence, let reader = self.subscriptions.nextToGoOn(),
                let seat = self.entries[reader.topic.name]?.seat
            else { break }
            self.show(seat)
        }
        self.audience.flushPresence()
    }
}

extension PresenceDesk: PresenceListener {
    func presenceIsReady(_ seat: PresenceSeat) {
        self.show(seat)
        self.audience.flushPresence()
    }
}

// MARK: - Its readers

extension PresenceDesk: SessionSink {
    var session: Session { self.audience.session }
    var loop: DeliveryLoop { self.audience.loop }
    var readers: [Reader] { self.subscriptions.readers }

    /// Its readers are handed nothing: their loop reads for all seats, and tells by ``presenceIsReady(_:)``.
    func capacity(for reader: Reader) -> Int { 0 }

    func deliver(_ gap: Gap, to reader: Reader) {}

    func deliver(_ batch: Batch, to reader: Reader) {}

    func readerEnded(_ reader: Reader, _ reason: ReaderEnd) {
        guard let entry = self.entries.removeValue(forKey: reader.topic.name) else { return }
        self.end(entry)
        _ = self.subscriptions.remove(reader.topic.name)
        self.audience.presenceEnded(entry.seat, on: entry.topic.name, reason)
    }

    func flush() { self.audience.flushPresence() }

    /// Its audience is told the same, and ends.
    func end(for refusal: AccessError) {}

    /// Its audience's token is looked at.
    func checkExpiry(at now: Timestamp) {}

    var nextExpiryCheck: Timestamp { Timestamp(microseconds: .max) }
}

public import RelayWire
import Synchronization

/// Keeps the places of named readers: where they begin, what they acknowledge, how far they are behind.
///
/// A place costs nothing on the way of messages. What ``acknowledge(_:of:makesReader:)`` takes is gathered in memory, the newest of each reader,
/// and stored by the next ``flush()``. What is answered as stored is stored before.
///
/// Readers need not be clients. A part of the relay that has to go on where it stopped is one as well: as the user ``Principal/relay``.
public final class ReaderCursors: Sendable {
    /// How many there may be, and for how long.
    public struct Settings: Hashable, Sendable {
        public var quota: ReaderQuota
        /// A reader that nobody has opened or moved for so long is deleted. In seconds; default 30 days.
        public var idleSeconds: Int64
        /// Of how many readers ``ReaderCursors/lags`` tells, at most. Default 0.
        public var watchedReaders: Int

        public init(
            quota: ReaderQuota = ReaderQuota(),
            idleSeconds: Int64 = 30 * 86_400,
            watchedReaders: Int = 0
        ) {
            self.quota = quota
            self.idleSeconds = idleSeconds
            self.watchedReaders = watchedReaders
        }
    }

    /// What has become of acknowledgements, for metrics.
    public struct Statistics: Hashable, Sendable {
        /// Those that wait to be stored.
        public var waiting: Int
        /// Readers' moves that the store has taken, since the start.
        public var stored: Int
        /// Acknowledgements for which there was no memory, since the start.
        public var refused: Int
    }

    /// What one reader's acknowledgement takes while it waits, in bytes: its names, and its place in a table.
    static let bytesPerAck = 512
    /// What one call of the store takes.
    private static let movesAtOnce = 512
    /// A reader that was used so lately is not stored again only because it is opened. Of an idle time of 30 days it is an hour.
    private var freshSeconds: Int64 { max(1, self.settings.idleSeconds / 720) }

    /// What holds at this moment.
    public var settings: Settings { self.settingsInForce.current }
    private let settingsInForce: Adjustable<Settings>
    let store: any ReaderStore
    public let broker: Broker
    private let memory: MemoryLedger
    private let book = Mutex(AckBook())
    /// Where readers stand of which ``lags`` tells.
    private let watched = Mutex<[NamedReader: ReaderPosition]>([:])
    private let storedCount = Atomic<Int>(0)
    private let refusedCount = Atomic<Int>(0)

    public init(
        store: any ReaderStore,
        broker: Broker,
        memory: MemoryLedger = MemoryLedger(),
        settings: Settings = Settings()
    ) {
        self.store = store
        self.broker = broker
        self.memory = memory
        self.settingsInForce = Adjustable(settings)
    }

    /// Holds to other settings from now on. Readers that there are stay, until they are idle for too long.
    public func change(to settings: Settings) { self.settingsInForce.change(to: settings) }

    public var statistics: Statistics {
        Statistics(
            waiting: self.book.withLock(\.count),
            stored: self.storedCount.load(ordering: .relaxed),
            refused: self.refusedCount.load(ordering: .relaxed)
        )
    }

    /// How far readers are behind that have come to this relay, as far as memory knows. Topics that are not in memory are left out.
    public var lags: [(reader: NamedReader, lag: ReaderLag)] {
        self.watched.withLock { $0 }.compactMap { reader, position in
            self.broker.table.find(reader.topic).map { (reader, $0.lag(of: position)) }
        }
    }

    private func watch(_ reader: NamedReader, _ position: ReaderPosition?) {
        guard self.settings.watchedReaders > 0 else { return }
        self.watched.withLock { watched in
            guard watched[reader] != nil || watched.count < self.settings.watchedReaders else { return }
            watched[reader] = position
        }
    }

    // MARK: - Acknowledging

    /// Takes note that a reader is done with all up to a place, without waiting for the store. Quick, from any thread.
    ///
    /// - Parameters:
    ///   - position: a place that the reader was handed, see ``ReaderPosition/init(acknowledged:in:)``.
    ///   - makesReader: whether the reader is made if there is none.
    /// - Returns: false where there is no memory for it: the reader stays where it is.
    public func acknowledge(_ position: ReaderPosition, of reader: NamedReader, makesReader: Bool = false) -> Bool {
        let entry = AckBook.Entry(position: position, at: self.broker.clock.now(), makesReader: makesReader)
        // Nearly always it takes the place of one before it, which costs nothing more.
        let isKnown = self.book.withLock { book in
            guard book.hasWaiting(of: reader) else { return false }
            _ = book.add(entry, of: reader)
            return true
        }
        if isKnown { return true }
        guard self.memory.charge(Self.bytesPerAck, to: .readers) else {
            self.refusedCount.add(1, ordering: .relaxed)
            return false
        }
        let grown = self.book.withLock { $0.add(entry, of: reader) }
        if grown == 0 { self.memory.release(Self.bytesPerAck, from: .readers) }
        return true
    }

    /// The same, and returns once it is stored.
    ///
    /// - Returns: where the reader stands then: also further on, never further back. Nil where there is none.
    public func acknowledgeDurably(
        _ position: ReaderPosition,
        of reader: NamedReader,
        makesReader: Bool = false
    ) async throws(BrokerError) -> ReaderPosition? {
        let entry = AckBook.Entry(position: position, at: self.broker.clock.now(), makesReader: makesReader)
        return try await self.broker.reading { () async throws(StoreError) in
            try await self.storeMoves([(reader, entry)])[0]
        }
    }

    /// Stores what was gathered. To be called every so often, and at the end.
    ///
    /// - Throws: where the store can't now. What it has not taken is kept for the next call.
    public func flush() async throws(StoreError) {
        while true {
            let some = self.book.withLock { $0.take(Self.movesAtOnce) }
            guard !some.isEmpty else { return }
            do throws(StoreError) {
                _ = try await self.storeMoves(some)
                self.release(self.book.withLock { $0.stored() })
            } catch {
                self.release(self.book.withLock { $0.failed() })
                throw error
            }
        }
    }

    private func storeMoves(
        _ entries: [(reader: NamedReader, entry: AckBook.Entry)]
    ) async throws(StoreError) -> [ReaderPosition?] {
        var positions = try await self.store.moveReaders(
            entries.map { ReaderMove(reader: $0.reader, to: $0.entry.position, at: $0.entry.at) }
        )
        for (place, item) in entries.enumerated() where positions[place] == nil && item.entry.makesReader {
            let made = StoredReader(
                reader: item.reader,
                position: item.entry.position,
                createdAt: item.entry.at,
                usedAt: item.entry.at
            )
            switch try await self.store.createReader(made, within: self.settings.quota) {
            case .created: positions[place] = made.position
            case .existed(let stored): positions[place] = stored.position
            // Nobody waits for it who could be told.
            case .topicMissing, .refused: break
            }
        }
        for (item, position) in zip(entries, positions) { self.watch(item.reader, position) }
        self.storedCount.add(positions.count { $0 != nil }, ordering: .relaxed)
        return positions
    }

    private func release(_ entries: Int) {
        self.memory.release(entries * Self.bytesPerAck, from: .readers)
    }

    // MARK: - Beginning

    /// Where a client's reader wants to begin in a topic.
    public struct Opening: Sendable {
        public let topic: Topic
        /// Where a reader begins that the relay does not know yet.
        public let start: ReaderStart
        /// What the reader is done with: as its client said it.
        public let acknowledged: Cursor?

        public init(topic: Topic, start: ReaderStart, acknowledged: Cursor? = nil) {
            self.topic = topic
            self.start = start
            self.acknowledged = acknowledged
        }
    }

    /// Finds where a user's reader goes on, in each of some topics. One that is not known yet is made at the beginning that its client asked
    /// for, and is stored when this returns. Whether the user may read the topics was decided before.
    ///
    /// - Returns: in the order of the openings; nil for a topic that does not exist yet, whose reader is made by its first acknowledgement.
    /// - Throws: `refused` where a topic's kind has no named readers, `quota`, or `store`.
    public func open(
        _ openings: [Opening],
        as name: ReaderName,
        of user: UserID
    ) async throws(BrokerError) -> [ReaderPosition?] {
        for opening in openings where !opening.topic.behavior.admitsNamedReaders { throw .refused(.noNamedReaders) }
        return try await openings.map(atOnce: Self.openedAtOnce) { (opening) async throws(BrokerError) in
            try await self.open(opening, NamedReader(topic: opening.topic.key, user: user, name: name))
        }
    }

    /// How many topics' readers are looked up at a time for one who asks for several.
    private static let openedAtOnce = 16

    private func open(_ opening: Opening, _ reader: NamedReader) async throws(BrokerError) -> ReaderPosition? {
        guard let stored = try await self.foundOrMade(opening, reader) else { return nil }
        var position = stored.position
        if let cursor = opening.acknowledged,
            let done = try await self.position(acknowledged: cursor, in: opening.topic)
        {
            position = try await self.move(reader, to: done) ?? position
        }
        // What this relay has taken and not stored counts here already.
        if let newer = self.book.withLock({ $0.newest(of: reader) }), position.isMoved(by: newer.position) {
            position = try await self.move(reader, to: newer.position) ?? position
        }
        if stored.usedAt.adding(seconds: self.freshSeconds) < self.broker.clock.now() {
            _ = try await self.move(reader, to: position)
        }
        self.watch(reader, position)
        return position
    }

    private func foundOrMade(_ opening: Opening, _ reader: NamedReader) async throws(BrokerError) -> StoredReader? {
        let found = try await self.broker.reading { () async throws(StoreError) in try await self.store.reader(reader) }
        if let found { return found }
        return try await self.make(reader, at: ReaderPosition(opening.start, in: opening.topic.bounds))
    }

    /// - Returns: nil where there is no such topic.
    func make(_ reader: NamedReader, at position: ReaderPosition) async throws(BrokerError) -> StoredReader? {
        let now = self.broker.clock.now()
        let made = StoredReader(reader: reader, position: position, createdAt: now, usedAt: now)
        let creation = try await self.broker.reading { () async throws(StoreError) in
            try await self.store.createReader(made, within: self.settings.quota)
        }
        switch creation {
        case .created: return made
        case .existed(let stored): return stored
        case .topicMissing: return nil
        case .refused(.ofTopic): throw .quota(.readersOfTopic(self.settings.quota.maxPerTopic))
        case .refused(.ofUser): throw .quota(.readersOfUser(self.settings.quota.maxPerUser))
        }
    }

    func move(
        _ reader: NamedReader,
        to position: ReaderPosition,
        isForced: Bool = false
    ) async throws(BrokerError) -> ReaderPosition? {
        if isForced { self.release(self.book.withLock { $0.forget(reader) }) }
        let move = ReaderMove(reader: reader, to: position, at: self.broker.clock.now(), isForced: isForced)
        let moved = try await self.broker.reading { () async throws(StoreError) in
            try await self.store.moveReaders([move])[0]
        }
        self.watch(reader, moved)
        return moved
    }

    /// What a client is done with; nil for what moves no reader of the topic. Another relay may have stored what this one has not heard of yet:
    /// so the store is asked where it matters.
    public func position(acknowledged cursor: Cursor, in topic: Topic) async throws(BrokerError) -> ReaderPosition? {
        if let position = ReaderPosition(acknowledged: cursor, in: topic.bounds) { return position }
        guard self.broker.feed != nil, cursor != .oldest else { return nil }
        let bounds = try await self.broker.reading { () async throws(StoreError) in
            try await self.broker.streams(of: topic.behavior.tier).bounds(of: topic.key)
        }
        return ReaderPosition(acknowledged: cursor, in: bounds)
    }

    // MARK: - Of the relay's own parts

    /// Where a part of the relay goes on that reads for a user, as ``open(_:as:of:)``, on topics of any kind.
    ///
    /// - Returns: nil where there is no such topic.
    /// - Throws: `quota`, or `store`.
    public func openOwn(
        _ name: ReaderName,
        of user: UserID,
        in topic: Topic,
        startingAt start: ReaderStart
    ) async throws(BrokerError) -> ReaderPosition? {
        try await self.open(
            Opening(topic: topic, start: start),
            NamedReader(topic: topic.key, user: user, name: name)
        )
    }

    /// How many messages there are after a place, as far as memory knows.
    public func lag(of position: ReaderPosition, in topic: Topic) -> Int { topic.lag(of: position).messages }

    /// Forgets a place that a part of the relay has no use for any more.
    ///
    /// - Throws: `store`.
    public func close(_ reader: NamedReader) async throws(BrokerError) {
        self.forget(reader)
        _ = try await self.broker.reading { () async throws(StoreError) in try await self.store.deleteReader(reader) }
    }

    // MARK: - Upkeep

    /// Lets the store delete readers that were idle for too long.
    public func sweep(at now: Timestamp) async throws(StoreError) {
        try await self.store.sweepReaders(unusedSince: now.adding(seconds: -self.settings.idleSeconds))
    }

    func forget(_ reader: NamedReader) {
        self.watched.withLock { $0[reader] = nil }
        self.release(self.book.withLock { $0.forget(reader) })
    }
}

extension Refusal {
    /// Why a topic has no named readers.
    static let noNamedReaders = Refusal("This kind of topic has no named readers")
}

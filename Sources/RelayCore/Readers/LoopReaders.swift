import NIOCore
public import RelayWire

/// All readers of one event loop: hands each what its topic's stream holds after its cursor, as fast as it takes it.
///
/// Not Sendable: made, called and dropped on its loop. It keeps no messages: a reader that can't take more stays where it is in
/// the stream.
public final class LoopReaders {
    /// Starts a read of the store; ``readFinished(_:_:)`` is to be called with its result, on the loop and in a later turn.
    public typealias Fetch = (_ request: ReadRequest, _ ticket: ReadTicket) -> Void

    /// One read of the store on behalf of one reader.
    public struct ReadTicket: Hashable, Sendable {
        let number: Int
    }

    /// What came of ``join(_:start:tag:sink:)``.
    public enum Joining {
        /// Registered at `reader.cursor`; call ``LoopReaders/start(_:)`` next.
        case joined(Reader)
        case denied
        /// The topic has left memory: resolve its key again.
        case moved
    }

    /// What came of ``join(_:starts:sink:)``.
    public enum JoiningAll {
        /// In the order of the topics; call ``LoopReaders/start(_:)`` for each next.
        case joined([Reader])
        /// At least one of the topics may not be read.
        case denied
        /// At least one of the topics has left memory: resolve their keys again.
        case moved
    }

    struct PendingRead {
        let reader: Reader
        let through: MessageID
    }

    let loop: any ReadingLoop
    let clock: RelayClock
    let fetch: Fetch
    /// By the identity of the topic.
    var groups: [ObjectIdentifier: ReaderGroup] = [:]
    /// By the ticket's number. Readers that left stay until their store has answered.
    var pendingReads: [Int: PendingRead] = [:]
    var nextTicket = 0
    var catchUp = CatchUp()
    /// Topics to look at in the next turn of ``goOn()``.
    private var reminders: [Topic] = []
    private var isComingBack = false
    /// Topics that wait for more, in the order in which they are looked at.
    private var gathered: [(topic: Topic, due: NIODeadline)] = []
    /// When the loop was asked to hand out next; nil where it was not.
    private var handsOutAt: NIODeadline?
    /// Emptied before each public call ends.
    var sinksToFlush: [any ReaderSink] = []
    private var isFlushing = false
    /// Whether the topic that is looked at is the turn's only one.
    private var isLastTopic = false
    /// Whether the loop is to be told before the turn's first flush.
    private var announcesFlush = false

    public init(loop: any ReadingLoop, clock: RelayClock, fetch: @escaping Fetch) {
        self.loop = loop
        self.clock = clock
        self.fetch = fetch
    }

    /// Whose readers a topic has on this loop.
    public func sinks(of topic: Topic) -> [any ReaderSink] {
        self.groups[ObjectIdentifier(topic)]?.all.map(\.sink) ?? []
    }

    /// How many readers a topic has on this loop.
    public func count(on topic: Topic) -> Int { self.groups[ObjectIdentifier(topic)]?.count ?? 0 }

    // MARK: Coming and going

    /// Registers a reader. From here on nothing published after its cursor escapes it.
    ///
    /// - Parameters:
    ///   - tag: for the sink to tell its readers apart.
    ///   - peer: as which peer of the topic the sink's user reads, as its client has named it; nil for none.
    public func join(
        _ topic: Topic,
        start: ReaderStart,
        tag: Int,
        sink: any ReaderSink,
        as peer: String? = nil
    ) -> Joining {
        guard let (group, look) = self.group(of: topic) else { return .moved }
        guard let principal = sink.principal?.acting(as: peer),
            topic.behavior.decision(on: topic.key.name, look.access, .read, by: principal) == .allowed
        else {
            self.releaseIfEmpty(group)
            return .denied
        }
        let place =
            switch start {
            case .tail: ReaderPlace(start: look.bounds.last)
            case .cursor(let cursor): cursor.place(in: look.bounds)
            }
        let reader = Reader(
            topic: topic,
            tag: tag,
            sink: sink,
            peer: topic.behavior.hasPeers ? principal.peer : nil,
            place: place,
            epoch: look.bounds.epoch.id,
            deletions: look.deletions
        )
        if place.gapFrom != nil, case .cursor(.inEpoch(let epoch, after: let id)) = start {
            reader.claim = (epoch, id)
            topic.doubt()
        }
        group.add(reader)
        if let name = reader.presenceName { topic.environment.presence.came(name) }
        return .joined(reader)
    }

    /// Registers a reader on each of several topics, or on none. Each has its topic's place in the list as its tag.
    public func join(
        _ topics: [Topic],
        starts: [ReaderStart],
        sink: any ReaderSink,
        as peer: String? = nil
    ) -> JoiningAll {
        var joined: [Reader] = []
        for (tag, start) in starts.enumerated() {
            switch self.join(topics[tag], start: start, tag: tag, sink: sink, as: peer) {
            case .joined(let reader): joined.append(reader)
            case .denied:
                for reader in joined { self.leave(reader) }
                return .denied
            case .moved:
                for reader in joined { self.leave(reader) }
                return .moved
            }
        }
        return .joined(joined)
    }

    /// Hands a reader that has joined what there is for it.
    public func start(_ reader: Reader) {
        guard case .joined = reader.phase else { return }
        self.advance(reader)
        self.flush()
    }

    /// The reader's sink has room again.
    ///
    /// A sink that finds room by its flush goes on in the loop's next turn: else a fast connection would keep the loop.
    public func resume(_ reader: Reader) {
        guard reader.isBlocked, let group = self.groups[ObjectIdentifier(reader.topic)] else { return }
        guard !self.isFlushing else { return self.queue(reader, in: group) }
        self.advance(reader)
        self.flush()
    }

    /// The id after which the reader gets messages next: that of the last one it was handed, or where it began.
    public func position(of reader: Reader) -> MessageID {
        guard case .live = reader.phase, let group = self.groups[ObjectIdentifier(reader.topic)] else {
            return reader.cursor
        }
        return group.position
    }

    /// The id with which its client goes on if it leaves now: its ``position(of:)``, unless a gap before that is still to be told.
    public func cursor(of reader: Reader) -> MessageID {
        reader.gapFrom == nil ? self.position(of: reader) : reader.toldCursor
    }

    /// The reader's connection is done with it. Harmless for one that has ended.
    public func leave(_ reader: Reader) {
        guard let group = self.remove(reader) else { return }
        self.releaseIfEmpty(group)
    }

    // MARK: News

    /// Looks at topics that the loop was told about.
    public func process(_ topics: [Topic]) {
        self.isLastTopic = topics.count == 1
        self.announcesFlush = true
        for topic in topics { self.process(topic) }
        self.isLastTopic = false
        self.flush()
        self.announcesFlush = false
    }

    /// Leaves a topic alone until then. Most wait equally long, so a new one is nearly always due last.
    func gather(_ topic: Topic, until due: NIODeadline, _ now: NIODeadline) {
        let place = self.gathered.lastIndex { $0.due <= due }.map { $0 + 1 } ?? 0
        self.gathered.insert((topic, due), at: place)
        self.askToHandOut(now)
    }

    private func askToHandOut(_ now: NIODeadline) {
        guard let next = self.gathered.first?.due, next < self.handsOutAt ?? .distantFuture else { return }
        self.handsOutAt = next
        self.loop.gather(for: next - now)
    }

    /// Looks at the topics whose wait is over, as ``ReadingLoop/gather(for:)`` has asked for.
    public func handOut() {
        let now = self.clock.uptime()
        if let asked = self.handsOutAt, asked <= now { self.handsOutAt = nil }
        let due = self.gathered.prefix { $0.due <= now }.map(\.topic)
        self.gathered.removeFirst(due.count)
        self.askToHandOut(now)
        self.process(due)
    }

    /// A sink was handed the slice that all live readers of its topic get. It is flushed with what other topics of this turn have for it.
    /// Where there are none it is flushed at once, while it is still in the processor's cache.
    func delivered(to sink: any ReaderSink) {
        guard self.isLastTopic, !self.isFlushing else { return self.sinksToFlush.append(sink) }
        self.isFlushing = true
        self.flush(sink)
        self.isFlushing = false
    }

    private func flush(_ sink: any ReaderSink) {
        if self.announcesFlush {
            self.announcesFlush = false
            self.loop.willFlush()
        }
        sink.flush()
    }

    /// The result of a ``Fetch``.
    public func readFinished(_ ticket: ReadTicket, _ result: Result<StoredPage, StoreError>) {
        self.catchUp.endRead()
        if let read = self.pendingReads.removeValue(forKey: ticket.number), case .reading = read.reader.phase {
            switch result {
            case .success(let page) where self.catchUp.isSpent: self.catchUp.add(.page(page, for: read))
            case .success(let page): self.take(page, for: read)
            case .failure(let error): self.end(read.reader, .storeFailed(error))
            }
        }
        self.comeBackIfNeeded()
        self.flush()
    }

    /// A turn's share of what was left over, as ``ReadingLoop/comeBack()`` has asked for.
    public func goOn() {
        self.isComingBack = false
        self.catchUp.beginTurn()
        let topics = self.reminders
        self.reminders = []
        for topic in topics { self.process(topic) }
        while let work = self.catchUp.next() { self.goOn(work) }
        self.comeBackIfNeeded()
        self.flush()
    }

    private func goOn(_ work: CatchUp.Work) {
        switch work {
        case .reader(let reader):
            if case .queued = reader.phase { self.advance(reader) }
        case .page(let page, for: let read):
            if case .reading = read.reader.phase { self.take(page, for: read) }
        }
    }

    /// Has the topic looked at in a later turn, as if it had grown.
    func remind(of topic: Topic) {
        guard topic.mark(self.loop) else { return }
        self.reminders.append(topic)
        self.comeBack()
    }

    private func comeBackIfNeeded() {
        if !self.catchUp.isEmpty { self.comeBack() }
    }

    func comeBack() {
        guard !self.isComingBack else { return }
        self.isComingBack = true
        self.loop.comeBack()
    }

    /// The sink's user may have changed: ends the reader if it may no longer read.
    public func recheck(_ reader: Reader) {
        self.recheck(reader, access: reader.topic.access)
        self.flush()
    }

    private func flush() {
        guard !self.isFlushing else { return }
        self.isFlushing = true
        defer { self.isFlushing = false }
        while !self.sinksToFlush.isEmpty {
            let sinks = self.sinksToFlush
            self.sinksToFlush = []
            for sink in sinks { self.flush(sink) }
        }
    }
}

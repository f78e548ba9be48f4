import RelayWire

/// All readers of one event loop: hands each what its topic's stream holds after its cursor, as fast as it takes it.
///
/// Not Sendable: made, called and dropped on its loop. It keeps no messages: a reader that can't take more stays where it is in
/// the stream.
public final class LoopReaders {
    /// Starts a read of the store; ``readFinished(_:_:)`` is to be called with its result, on the loop and in a later turn.
    public typealias Fetch = (_ request: ReadRequest, _ ticket: ReadTicket) -> Void

    /// One read of the store on behalf of one reader.
    public struct ReadTicket: Hashable, Sendable {
        fileprivate let number: Int
    }

    /// What came of ``join(_:start:tag:sink:)``.
    public enum Joining {
        /// Registered at `reader.cursor`; call ``LoopReaders/start(_:)`` next.
        case joined(Reader)
        case denied
        /// The topic has left memory: resolve its key again.
        case moved
    }

    private struct PendingRead {
        let reader: Reader
        let through: MessageID
    }

    private let loop: any ReadingLoop
    private let clock: RelayClock
    private let fetch: Fetch
    private var groups: [ObjectIdentifier: ReaderGroup] = [:]
    private var pendingReads: [Int: PendingRead] = [:]
    private var nextTicket = 0
    private var sinksToFlush: [any ReaderSink] = []

    public init(loop: any ReadingLoop, clock: RelayClock, fetch: @escaping Fetch) {
        self.loop = loop
        self.clock = clock
        self.fetch = fetch
    }

    // MARK: Coming and going

    /// Registers a reader. From here on nothing published after its cursor escapes it.
    ///
    /// - Parameter tag: for the sink to tell its readers apart.
    public func join(_ topic: Topic, start: ReaderStart, tag: Int, sink: any ReaderSink) -> Joining {
        guard let (group, look) = self.group(of: topic) else { return .moved }
        guard let principal = sink.principal, topic.behavior.decide(.read, by: principal, on: look.access) == .allowed
        else {
            self.releaseIfEmpty(group)
            return .denied
        }
        let cursor =
            switch start {
            case .tail: look.bounds.last
            case .cursor(.oldest): look.bounds.trimmedThrough
            case .cursor(.after(let id)): id
            }
        let reader = Reader(topic: topic, tag: tag, sink: sink, cursor: cursor, deletions: look.deletions)
        group.add(reader)
        topic.publish(topic.behavior.events(for: .joined, of: principal, access: look.access))
        return .joined(reader)
    }

    /// Hands a reader that has joined what there is for it.
    public func start(_ reader: Reader) {
        self.advance(reader)
        self.flush()
    }

    /// The reader's sink has room again.
    public func resume(_ reader: Reader) {
        guard reader.isBlocked else { return }
        self.advance(reader)
        self.flush()
    }

    /// The reader's connection is done with it. Harmless for one that has ended.
    public func leave(_ reader: Reader) {
        guard let group = self.remove(reader) else { return }
        self.releaseIfEmpty(group)
    }

    // MARK: News

    /// Looks at topics that the loop was told about.
    public func process(_ topics: [Topic]) {
        for topic in topics { self.process(topic) }
        self.flush()
    }

    /// The result of a ``Fetch``.
    public func readFinished(_ ticket: ReadTicket, _ result: Result<StoredPage, StoreError>) {
        guard let read = self.pendingReads.removeValue(forKey: ticket.number) else { return }
        guard case .reading = read.reader.phase else { return }
        switch result {
        case .success(let page):
            self.take(page, for: read)
            self.advance(read.reader)
        case .failure(let error):
            self.end(read.reader, .storeFailed(error))
        }
        self.flush()
    }

    /// The sink's user may have changed: ends the reader if it may no longer read.
    public func recheck(_ reader: Reader) {
        self.recheck(reader, access: reader.topic.access)
        self.flush()
    }
}

// MARK: - Groups

extension LoopReaders {
    /// The loop's group on the topic, and the topic as it is now; nil where the topic has moved.
    private func group(of topic: Topic) -> (ReaderGroup, Topic.Look)? {
        if let group = self.groups[ObjectIdentifier(topic)] {
            return (group, topic.standing())
        }
        guard let look = topic.attach(self.loop) else { return nil }
        let group = ReaderGroup(topic: topic, look: look)
        self.groups[ObjectIdentifier(topic)] = group
        return (group, look)
    }

    private func releaseIfEmpty(_ group: ReaderGroup) {
        guard group.isEmpty, self.groups.removeValue(forKey: ObjectIdentifier(group.topic)) != nil else { return }
        group.topic.detach(self.loop)
    }

    /// Takes a reader out of its group and tells its kind.
    ///
    /// - Returns: the group; nil where the reader has ended before.
    private func remove(_ reader: Reader) -> ReaderGroup? {
        if case .ended = reader.phase { return nil }
        guard let group = self.groups[ObjectIdentifier(reader.topic)] else { return nil }
        group.move(reader, to: .ended)
        if let principal = reader.sink.principal {
            let topic = reader.topic
            topic.publish(topic.behavior.events(for: .left, of: principal, access: topic.access))
        }
        return group
    }

    private func end(_ reader: Reader, _ reason: ReaderEnd) {
        guard let group = self.remove(reader) else { return }
        self.releaseIfEmpty(group)
        self.sinksToFlush.append(reader.sink)
        reader.sink.readerEnded(reader, reason)
    }

    private func recheck(_ reader: Reader, access: TopicAccess) {
        guard let principal = reader.sink.principal,
            reader.topic.behavior.decide(.read, by: principal, on: access) == .allowed
        else { return self.end(reader, .accessLost) }
    }

    private func flush() {
        guard !self.sinksToFlush.isEmpty else { return }
        let sinks = self.sinksToFlush
        self.sinksToFlush = []
        for sink in sinks { sink.flush() }
    }
}

// MARK: - Moving readers on

extension LoopReaders {
    /// How much of a stream is taken at once.
    private static let turn = SliceLimits(maxMessages: 256, maxBytes: 256 << 10)
    /// How many slices one reader may take before other work of the loop has its turn.
    private static let slicesPerTurn = 4

    private func process(_ topic: Topic) {
        guard let group = self.groups[ObjectIdentifier(topic)] else { return }
        let look = topic.look(for: self.loop, after: group.position, limits: Self.turn)
        self.recheck(group, look)
        switch look.messages {
        case .slice(let slice):
            self.fanOut(slice, to: group)
            if slice.hasMore { self.loop.topicChanged(topic) }
        case .evicted:
            self.strand(group, at: look.bounds.last)
        }
        self.wakeOthers(of: group)
        self.releaseIfEmpty(group)
    }

    /// Ends those of a group's readers whose topic was deleted or whose leave to read is gone.
    private func recheck(_ group: ReaderGroup, _ look: Topic.Look) {
        guard look.accessVersion != group.accessVersion else { return }
        group.accessVersion = look.accessVersion
        for reader in group.all {
            if reader.deletions != look.deletions {
                self.end(reader, .topicDeleted)
            } else {
                self.recheck(reader, access: look.access)
            }
        }
    }

    /// Hands the stream's next slice to all live readers, as shared bytes wherever they take all of it.
    private func fanOut(_ slice: StreamSlice, to group: ReaderGroup) {
        let behindPosition = group.position
        let readers = group.live
        group.position = slice.cursor
        guard !slice.messages.isEmpty else { return }
        let batch = Batch(topic: group.topic.name, messages: slice.messages)
        let hidesMessages = group.topic.behavior.hidesMessages
        for reader in readers {
            guard case .live = reader.phase else { continue }
            if !hidesMessages, reader.gapFrom == nil, reader.sink.capacity(for: reader) >= batch.messages.count {
                self.sinksToFlush.append(reader.sink)
                reader.sink.deliver(batch, to: reader)
            } else {
                group.move(reader, to: .blocked)
                reader.cursor = behindPosition
                self.advance(reader)
            }
        }
    }

    /// The hot tier was outrun: every live reader reads on by itself, from the store.
    private func strand(_ group: ReaderGroup, at tail: MessageID) {
        let behindPosition = group.position
        let readers = group.live
        group.position = tail
        for reader in readers {
            guard case .live = reader.phase else { continue }
            group.move(reader, to: .blocked)
            reader.cursor = behindPosition
            self.advance(reader)
        }
    }

    /// The group has a new position: those that waited for one, or for a turn, move on.
    private func wakeOthers(of group: ReaderGroup) {
        guard !group.others.isEmpty else { return }
        for reader in Array(group.others.values) {
            switch reader.phase {
            case .yielded, .ahead: self.advance(reader)
            case .joined, .live, .blocked, .reading, .ended: continue
            }
        }
    }

    /// Moves one reader from its cursor towards its group's position: from the hot tier, or by asking the store.
    private func advance(_ reader: Reader) {
        guard let group = self.groups[ObjectIdentifier(reader.topic)] else { return }
        for _ in 0..<Self.slicesPerTurn {
            if case .ended = reader.phase { return }
            guard reader.cursor < group.position else {
                return self.settle(reader, in: group, as: reader.cursor == group.position ? .live(index: 0) : .ahead)
            }
            let capacity = reader.sink.capacity(for: reader)
            guard capacity > 0 else { return self.settle(reader, in: group, as: .blocked) }
            let limits = SliceLimits(maxMessages: min(capacity, Self.turn.maxMessages), maxBytes: Self.turn.maxBytes)
            let (slice, bounds) = reader.topic.readHot(after: reader.cursor, through: group.position, limits: limits)
            if self.noteGap(bounds, reader) { continue }
            guard let slice else { return self.read(reader, through: group.position, limits: limits, in: group) }
            self.deliver(slice.messages, to: reader)
            reader.cursor = slice.cursor
        }
        group.move(reader, to: .yielded)
        self.loop.topicChanged(reader.topic)
    }

    private func settle(_ reader: Reader, in group: ReaderGroup, as phase: Reader.Phase) {
        group.move(reader, to: phase)
        self.sinksToFlush.append(reader.sink)
        reader.sink.readerSettled(reader)
    }

    private func read(_ reader: Reader, through: MessageID, limits: SliceLimits, in group: ReaderGroup) {
        group.move(reader, to: .reading)
        let ticket = ReadTicket(number: self.nextTicket)
        self.nextTicket += 1
        self.pendingReads[ticket.number] = PendingRead(reader: reader, through: through)
        let request = ReadRequest(
            topic: reader.topic.key,
            range: .forward(after: reader.cursor, through: through),
            maxMessages: limits.maxMessages,
            maxBytes: limits.maxBytes,
            now: self.clock.now()
        )
        self.fetch(request, ticket)
    }

    private func take(_ page: StoredPage, for read: PendingRead) {
        let reader = read.reader
        self.noteGap(page.bounds, reader)
        self.deliver(page.messages, to: reader)
        let end = page.hasMore ? page.messages.last?.id : read.through
        reader.cursor = max(reader.cursor, end ?? read.through)
    }

    /// Moves a cursor over messages that are gone, and remembers to say so before the next one.
    ///
    /// - Returns: whether it moved.
    @discardableResult
    private func noteGap(_ bounds: StreamBounds, _ reader: Reader) -> Bool {
        guard reader.cursor < bounds.trimmedThrough else { return false }
        if reader.gapFrom == nil { reader.gapFrom = reader.cursor }
        reader.cursor = bounds.trimmedThrough
        return true
    }

    private func deliver(_ messages: [Message], to reader: Reader) {
        var messages = messages
        if reader.topic.behavior.hidesMessages {
            guard let principal = reader.sink.principal else { return }
            messages.removeAll { !reader.topic.behavior.isVisible($0, to: principal) }
        }
        guard let first = messages.first else { return }
        self.sinksToFlush.append(reader.sink)
        if let after = reader.gapFrom {
            reader.gapFrom = nil
            reader.sink.deliver(Gap(after: after, resumedFrom: first.id), to: reader)
        }
        reader.sink.deliver(Batch(topic: reader.topic.name, messages: messages), to: reader)
    }
}

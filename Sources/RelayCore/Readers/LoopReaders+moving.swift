import RelayWire

/// Moving readers on.
extension LoopReaders {
    /// How much of a stream live readers are handed at once.
    private static let turn = SliceLimits(maxMessages: 256, maxBytes: 256 << 10)
    /// How much a reader that is behind is handed before the others have their turn.
    private static let catchUpSlice = SliceLimits(maxMessages: 256, maxBytes: 64 << 10)

    func process(_ topic: Topic) {
        guard let group = self.groups[ObjectIdentifier(topic)], !self.isGathering(group) else { return }
        let look = topic.look(for: self.loop, after: group.position, limits: Self.turn)
        if let error = look.discardedSince { return self.endAll(of: group, .storeFailed(error)) }
        self.recheck(group, look)
        if group.epoch.id == look.bounds.epoch.id {
            self.move(group, to: look)
        } else {
            self.rebase(group, on: look.bounds.epoch)
        }
        self.releaseIfEmpty(group)
    }

    /// Whether the group's messages wait for more. Its topic is looked at again when they have.
    private func isGathering(_ group: ReaderGroup) -> Bool {
        // Who may read does not wait for messages.
        guard group.gathering != nil, group.topic.accessView.version == group.accessVersion else { return false }
        let now = self.clock.uptime()
        guard let due = group.gathering?.wait(at: now, readers: group.count) else { return false }
        self.gather(group.topic, until: due, now)
        return true
    }

    private func move(_ group: ReaderGroup, to look: Topic.Look) {
        switch look.messages {
        case .slice(let slice):
            self.fanOut(slice, to: group)
            if slice.hasMore { self.remind(of: group.topic) }
        case .evicted:
            self.strand(group, at: look.bounds.last)
        }
        self.wakeOthers(of: group)
    }

    /// The stream is no longer the one that the group's readers were reading. They go back to the last message that both share, and are
    /// told that some may be gone.
    private func rebase(_ group: ReaderGroup, on epoch: StreamEpoch) {
        // Those that joined in the new history have their own place in it.
        for reader in group.live where reader.epoch == epoch.id { group.move(reader, to: .yielded) }
        let readers = group.all.filter { $0.epoch != epoch.id }
        for reader in readers {
            if let claim = reader.claim, claim.epoch == epoch.id {
                self.grant(claim.id, of: epoch, to: reader, in: group)
            } else {
                self.move(reader, into: epoch)
            }
        }
        for reader in readers { reader.epoch = epoch.id }
        self.forgetReads(of: readers, in: group)
        group.epoch = epoch
        group.position = min(group.position, epoch.start)
        self.remind(of: group.topic)
    }

    private func move(_ reader: Reader, into epoch: StreamEpoch) {
        let position = self.position(of: reader)
        // Where there was no message, nothing is known to be another history's.
        let cursor: Cursor =
            reader.epoch == StreamEpoch.none.id ? .after(position) : .inEpoch(reader.epoch, after: position)
        var place = cursor.place(in: StreamBounds(epoch: epoch))
        place.gapFrom = reader.gapFrom ?? place.gapFrom
        reader.stand(at: place)
    }

    /// What these readers wait for is being read in another history: they ask again.
    private func forgetReads(of readers: [Reader], in group: ReaderGroup) {
        var reading: Set<ObjectIdentifier> = []
        for reader in readers {
            guard case .reading = reader.phase else { continue }
            reading.insert(ObjectIdentifier(reader))
            group.move(reader, to: .yielded)
        }
        guard !reading.isEmpty else { return }
        self.pendingReads = self.pendingReads.filter { !reading.contains(ObjectIdentifier($0.value.reader)) }
        self.catchUp.dropPages(of: reading)
    }

    /// The client knew the stream's epoch before this relay did: it goes on from its own cursor, and has missed nothing.
    private func grant(_ cursor: MessageID, of epoch: StreamEpoch, to reader: Reader, in group: ReaderGroup) {
        if case .live = reader.phase { group.move(reader, to: .yielded) }
        reader.stand(at: Cursor.inEpoch(epoch.id, after: cursor).place(in: StreamBounds(epoch: epoch)))
        reader.claim = nil
    }

    /// Hands the stream's next slice to all live readers, as shared bytes wherever they take all of it.
    private func fanOut(_ slice: StreamSlice, to group: ReaderGroup) {
        let behindPosition = group.position
        let readers = group.live
        group.position = slice.cursor
        guard !slice.messages.isEmpty else { return }
        if group.gathering != nil { self.noteHandout(slice, to: group) }
        let batch = Batch(topic: group.topic.name, messages: slice.messages)
        let hidesMessages = group.topic.behavior.hidesMessages
        for reader in readers {
            guard case .live = reader.phase else { continue }
            let isInStep = !hidesMessages && reader.gapFrom == nil && reader.holes.isEmpty
            let sink = reader.sink
            if isInStep, sink.capacity(for: reader) >= batch.messages.count {
                sink.deliver(batch, to: reader)
                self.delivered(to: sink)
            } else {
                self.leaveBehind(reader, at: behindPosition, in: group)
            }
        }
    }

    private func noteHandout(_ slice: StreamSlice, to group: ReaderGroup) {
        group.gathering?.handedOut(
            slice.messages.count,
            hasMore: slice.hasMore,
            at: self.clock.uptime(),
            readers: group.count
        )
    }

    /// The hot tier was outrun: every live reader reads on by itself, from the store.
    private func strand(_ group: ReaderGroup, at tail: MessageID) {
        let behindPosition = group.position
        let readers = group.live
        group.position = tail
        for reader in readers {
            guard case .live = reader.phase else { continue }
            self.leaveBehind(reader, at: behindPosition, in: group)
        }
    }

    /// Takes a live reader out of its group's step: it reads on by itself from where the group was.
    private func leaveBehind(_ reader: Reader, at cursor: MessageID, in group: ReaderGroup) {
        group.move(reader, to: .advancing)
        reader.cursor = cursor
        self.advance(reader)
    }

    /// The group has looked at its topic: those that waited for that move on.
    private func wakeOthers(of group: ReaderGroup) {
        for reader in group.waitingNow {
            switch reader.phase {
            case .yielded, .ahead: self.advance(reader)
            case .joined, .live, .advancing, .queued, .blocked, .reading, .ended: continue
            }
        }
    }

    /// Moves one reader from its cursor towards its group's position: from the hot tier, or by asking the store. It goes on for as long as
    /// there is something left of the turn's share, and nobody else waits for it.
    func advance(_ reader: Reader) {
        guard !reader.hasEnded, let group = self.groups[ObjectIdentifier(reader.topic)] else { return }
        group.move(reader, to: .advancing)
        while let capacity = self.capacity(of: reader, in: group) {
            guard !self.catchUp.isSpent else { return self.queue(reader, in: group) }
            guard self.takeSlice(reader, in: group, capacity: capacity) else { return }
            guard self.catchUp.isEmpty else { return self.queue(reader, in: group) }
        }
    }

    /// How many messages a reader that is behind may be handed; nil where there are none, or it has no room, and it has settled.
    private func capacity(of reader: Reader, in group: ReaderGroup) -> Int? {
        self.noteHoles(reader, after: reader.cursor)
        guard reader.cursor < group.position else {
            self.settle(reader, in: group, as: reader.cursor == group.position ? .live(index: 0) : .ahead)
            return nil
        }
        let capacity = reader.sink.capacity(for: reader)
        guard capacity > 0 else {
            self.settle(reader, in: group, as: .blocked)
            return nil
        }
        return capacity
    }

    /// - Returns: whether the reader is still on its way.
    private func takeSlice(_ reader: Reader, in group: ReaderGroup, capacity: Int) -> Bool {
        let most = Self.catchUpSlice
        let limits = SliceLimits(maxMessages: min(capacity, most.maxMessages), maxBytes: most.maxBytes)
        let through = min(group.position, reader.holes.first?.after ?? .max)
        let hot = reader.topic.readHot(after: reader.cursor, through: through, limits: limits)
        guard hot.accessVersion == group.accessVersion, hot.bounds.epoch.id == group.epoch.id else {
            self.yield(reader, in: group)
            return false
        }
        if self.noteGap(through: hot.bounds.trimmedThrough, reader) { return true }
        guard let slice = hot.slice else {
            self.read(reader, through: through, limits: limits, in: group)
            return false
        }
        self.catchUp.spend(on: slice.messages)
        let seen = slice.messages.last?.id ?? reader.cursor
        reader.cursor = slice.cursor
        self.deliver(slice.messages, to: reader)
        self.noteHoles(reader, after: seen)
        return !reader.hasEnded
    }

    /// Leaves a reader to the group's next look at the topic.
    func yield(_ reader: Reader, in group: ReaderGroup) {
        group.move(reader, to: .yielded)
        self.remind(of: reader.topic)
    }

    /// Leaves a reader to a later turn.
    func queue(_ reader: Reader, in group: ReaderGroup) {
        group.move(reader, to: .queued)
        self.catchUp.add(.reader(reader))
        self.comeBack()
    }

    private func settle(_ reader: Reader, in group: ReaderGroup, as phase: Reader.Phase) {
        group.move(reader, to: phase)
        self.sinksToFlush.append(reader.sink)
    }

    private func read(_ reader: Reader, through: MessageID, limits: SliceLimits, in group: ReaderGroup) {
        guard self.catchUp.beginRead(for: reader) else { return group.move(reader, to: .queued) }
        group.move(reader, to: .reading)
        let ticket = ReadTicket(number: self.nextTicket)
        self.nextTicket += 1
        self.pendingReads[ticket.number] = PendingRead(reader: reader, through: through)
        let request = ReadRequest(
            topic: reader.topic.key,
            range: .forward(after: reader.cursor, through: through),
            maxMessages: limits.maxMessages,
            maxBytes: limits.maxBytes,
            now: reader.topic.readingTime
        )
        self.fetch(request, ticket)
    }

    /// Hands a reader the page that it waited for, as far as its sink has room by now, and moves it on.
    func take(_ page: StoredPage, for read: PendingRead) {
        let reader = read.reader
        guard let group = self.groups[ObjectIdentifier(reader.topic)] else { return }
        // What was read before the topic changed hands is read again, if the reader then still may.
        guard reader.topic.accessView.version == group.accessVersion else { return self.yield(reader, in: group) }
        guard page.bounds.epoch.id == reader.epoch else { return self.wait(reader, forEpochOf: page, in: group) }
        group.move(reader, to: .advancing)
        self.noteGap(through: max(page.bounds.trimmedThrough, page.lostThrough ?? .zero), reader)
        let capacity = reader.sink.capacity(for: reader)
        let isCut = page.messages.count > capacity
        let messages = isCut ? Array(page.messages.prefix(capacity)) : page.messages
        self.catchUp.spend(on: messages)
        let seen = messages.last?.id ?? reader.cursor
        // A snapshot stands for the stretch, and may lie behind it.
        let end = page.hasMore || isCut ? seen : max(seen, read.through)
        reader.cursor = max(reader.cursor, end)
        self.deliver(messages, to: reader)
        self.noteHoles(reader, after: seen)
        self.advance(reader)
    }

    /// The store has another history than the one that the reader reads: once the topic knows of it, its readers are told.
    private func wait(_ reader: Reader, forEpochOf page: StoredPage, in group: ReaderGroup) {
        group.move(reader, to: .ahead)
        reader.topic.doubt()
    }

    /// Moves a cursor over messages that are gone, and remembers to say so before the next one.
    ///
    /// - Returns: whether it moved.
    @discardableResult
    private func noteGap(through last: MessageID, _ reader: Reader) -> Bool {
        guard reader.cursor < last else { return false }
        if reader.gapFrom == nil { reader.gapFrom = reader.cursor }
        reader.cursor = last
        return true
    }

    /// Lets a cursor pass what its stream has lost, and remembers to say so before the next message.
    ///
    /// - Parameter seen: the last id that the reader was handed, or where it began.
    private func noteHoles(_ reader: Reader, after seen: MessageID) {
        guard let next = reader.holes.first, next.after <= reader.cursor else { return }
        reader.holes.removeAll { $0.after <= reader.cursor }
        if reader.gapFrom == nil { reader.gapFrom = seen }
    }

    private func deliver(_ messages: [Message], to reader: Reader) {
        var messages = messages
        if reader.topic.behavior.hidesMessages {
            guard let principal = reader.principal else { return }
            messages.removeAll { !reader.topic.behavior.isVisible($0, to: principal) }
        }
        guard let first = messages.first else { return }
        self.sinksToFlush.append(reader.sink)
        reader.claim = nil
        if let after = reader.gapFrom {
            reader.gapFrom = nil
            reader.sink.deliver(Gap(after: after, resumedFrom: first.id, epoch: reader.epoch), to: reader)
            guard !reader.hasEnded else { return }
        }
        reader.sink.deliver(Batch(topic: reader.topic.name, messages: messages), to: reader)
    }
}

import NIOCore
import RelayWire
import Synchronization

/// The publisher's side of a topic.
extension Topic {
    enum EnqueueResult {
        /// The ticket will be called, or has been.
        case accepted
        /// The topic is being deleted, has left memory or has changed hands: resolve its key and decide again.
        case moved
        /// Too much is waiting for the store.
        case overloaded
        /// Too much of the publisher's own is.
        case tooManyOfPublisher
    }

    /// Publishes drafts as one run, in order.
    ///
    /// - Parameters:
    ///   - version: of the ``accessView`` from which the publisher's leave was decided.
    ///   - ticket: called once if the result is `accepted`, on any thread, possibly before this returns.
    func enqueue(
        _ drafts: [Draft],
        decidedOn version: UInt64,
        ticket: @escaping @Sendable (Result<[Publication], StoreError>) -> Void
    ) -> EnqueueResult {
        self.enqueue(drafts, .run(ticket)) { $0.accessVersion == version }
    }

    /// Publishes one draft; see ``enqueue(_:decidedOn:ticket:)``.
    func enqueue(
        one draft: Draft,
        decidedOn version: UInt64,
        ticket: @escaping @Sendable (Result<Publication, StoreError>) -> Void
    ) -> EnqueueResult {
        self.enqueue([draft], .one(ticket)) { $0.accessVersion == version }
    }

    /// Publishes drafts of which a ``WaitingPublish`` is held until the ticket is called; see ``enqueue(_:decidedOn:ticket:)``.
    func enqueue(
        held drafts: [Draft],
        decidedOn version: UInt64,
        ticket: @escaping @Sendable (Result<[Publication], StoreError>) -> Void
    ) -> EnqueueResult {
        self.enqueue(drafts, .run(ticket), isHeld: true) { $0.accessVersion == version }
    }

    /// Publishes what the relay itself has to say, unless the topic is gone, or another; see ``enqueue(_:decidedOn:ticket:)``. It is told of no
    /// success before the store's, whatever the topic's publishers wait for.
    ///
    /// - Parameter id: the ``TopicRecord/id`` of the topic that is meant.
    func enqueue(
        ofRelay drafts: [Draft],
        of id: String,
        ticket: @escaping @Sendable (Result<[Publication], StoreError>) -> Void
    ) -> EnqueueResult {
        self.enqueue(drafts, .run(ticket), mayAnswerFirst: false) { $0.access.record?.id == id }
    }

    private func enqueue(
        _ drafts: [Draft],
        _ ticket: PublishTicket,
        isHeld: Bool = false,
        mayAnswerFirst: Bool = true,
        if isWelcome: (borrowing TopicState) -> Bool
    ) -> EnqueueResult {
        var entry = AppendQueue<PublishTicket>.Entry(
            drafts: drafts,
            ticket: ticket,
            bytes: drafts.reduce(0) { $0 + $1.memoryCost },
            isHeld: isHeld
        )
        guard entry.begin(within: self.environment.limits.waitingOfUser) else { return .tooManyOfPublisher }
        let action = self.state.withLock { state -> AppendQueue<PublishTicket>.EnqueueAction? in
            guard state.phase == .open, isWelcome(state) else { return nil }
            let isAnsweredFirst = mayAnswerFirst && state.answersUnstored(drafts, self.environment)
            if isAnsweredFirst { entry.holdItself() }
            guard state.mayWait(entry.chargedBytes, self.environment.memory) else { return .refuse }
            if isAnsweredFirst {
                guard self.environment.unstored.take(entry.bytes) else { return .refuse }
                entry.isAwaited = false
            }
            return state.queue.enqueue(entry)
        }
        switch action {
        case nil:
            entry.end()
            return .moved
        case .append(let entries):
            self.append(entries)
        case .wait:
            break
        case .refuse:
            entry.end()
            if !entry.isAwaited { self.environment.unstored.release(entry.bytes) }
            return .overloaded
        }
        if !entry.isAwaited { ticket.tellTaken(drafts) }
        return .accepted
    }

    /// Appends batch after batch for as long as the store finishes each before its call returns.
    private func append(_ first: [AppendQueue<PublishTicket>.Entry]) {
        var next: [AppendQueue<PublishTicket>.Entry]? = first
        while let entries = next {
            let isShared = self.environment.isShared
            let (known, wanted) = self.state.withLock { state in
                (isShared ? state.bounds : StreamBounds(), state.accessView.durability)
            }
            let durability = self.environment.awaited(wanted)
            let drafts = entries.count == 1 ? entries[0].drafts : entries.flatMap(\.drafts)
            let batch = AppendBatch(
                topic: self.key,
                drafts: drafts,
                retention: self.behavior.retention(configured: self.environment.limits.retention),
                known: known,
                durability: durability,
                tier: self.behavior.tier,
                compactionKeys: self.behavior.compaction?.keys(of: drafts) ?? []
            )
            self.environment.store.append(batch) { self.appended(entries, batch.drafts, $0, durability) }
            let (more, quiescence) = self.state.withLock { state in
                let more = state.queue.appendReturned()
                state.waitingCharge.shrink(to: state.queue.chargedBytes, self.environment.memory)
                return (more, state.takeQuiescence())
            }
            quiescence?.resume(returning: true)
            next = more
        }
    }

    private func appended(
        _ entries: [AppendQueue<PublishTicket>.Entry],
        _ drafts: [Draft],
        _ result: Result<AppendReceipt, StoreError>,
        _ durability: Durability
    ) {
        let now = self.environment.clock.uptime()
        let (toTell, action, quiescence) = self.state.withLock { state in
            switch result {
            case .success(let receipt):
                state.take(drafts, receipt, now: now, self.environment)
                state.isStoring = true
            case .failure(let error):
                state.mayHaveMissed = state.mayHaveMissed || error.code == .outcomeUnknown
                state.isStoring = false
            }
            let action = state.queue.finished()
            state.waitingCharge.shrink(to: state.queue.chargedBytes, self.environment.memory)
            return (state.markLoops(), action, state.takeQuiescence())
        }
        toTell.tell(self)
        self.answer(entries, result, durability)
        quiescence?.resume(returning: true)
        switch action {
        case .append(let next): self.append(next)
        case .leaveToStarter, .rest: break
        }
    }

    private func answer(
        _ entries: [AppendQueue<PublishTicket>.Entry],
        _ result: Result<AppendReceipt, StoreError>,
        _ durability: Durability
    ) {
        var start = 0
        for entry in entries {
            entry.end()
            let end = start + entry.drafts.count
            if entry.isAwaited {
                entry.ticket.tell(result, start..<end, durability)
            } else {
                self.environment.unstored.release(entry, isStored: (try? result.get()) != nil)
            }
            start = end
        }
    }
}

extension AppendQueue.Entry {
    /// Counts the drafts as their publisher's; a run has one.
    ///
    /// - Returns: false, with nothing counted, where that is too much.
    fileprivate func begin(within limits: UserLoad.WaitingLimits) -> Bool {
        guard !self.isHeld else { return true }
        return self.drafts.first?.publisher?.beginPublish(self.drafts.count, self.bytes, within: limits) ?? true
    }

    /// The publisher has its answer before the store's word. What is held for it ends then, and the drafts wait on.
    fileprivate mutating func holdItself() {
        guard self.isHeld else { return }
        self.isHeld = false
        _ = self.begin(within: UserLoad.WaitingLimits(messages: .max, bytes: .max))
    }

    fileprivate func end() {
        if !self.isHeld { self.drafts.first?.publisher?.endPublish(self.drafts.count, self.bytes) }
    }
}

extension UnstoredMessages {
    /// The store has said what became of messages that nobody waits for.
    fileprivate func release(_ entry: AppendQueue<PublishTicket>.Entry, isStored: Bool) {
        self.release(entry.bytes, lost: isStored ? 0 : entry.drafts.count)
    }
}

extension TopicState {
    /// Whether a run of drafts would be appended at once, or has room to wait.
    ///
    /// - Parameter bytes: what it would be charged with.
    fileprivate mutating func mayWait(_ bytes: Int, _ memory: MemoryLedger) -> Bool {
        self.queue.isIdle || self.waitingCharge.grow(to: self.queue.chargedBytes + bytes, memory)
    }

    /// Puts stored drafts into the hot tier, and holds it to its bounds.
    mutating func take(
        _ drafts: [Draft],
        _ receipt: AppendReceipt,
        now: NIODeadline,
        _ environment: TopicEnvironment
    ) {
        self.lastUse = now
        switch self.following {
        case .alone: self.append(drafts, receipt, environment)
        case .deaf: self.bounds.advance(to: receipt.bounds)
        case .live:
            // What others stored in between is on its way, and this with it. So is all of another history, if it is the newer.
            guard receipt.previous <= self.bounds.last,
                receipt.bounds.epoch.id == self.bounds.epoch.id || self.bounds.epoch == .none
            else { return }
            self.append(drafts, receipt, environment)
        case .tuning, .repairing: break
        }
    }

    private mutating func append(_ drafts: [Draft], _ receipt: AppendReceipt, _ environment: TopicEnvironment) {
        let before = self.hot.bytes
        if self.mayHaveMissed, case .alone = self.following {
            self.hot = HotRing(floor: receipt.bounds.last)
        } else {
            let end = max(self.bounds.last, self.hot.floor)
            for (draft, stored) in zip(drafts, receipt.stored) where !stored.isRepeat && stored.id > end {
                self.addToHot(draft.message(id: stored.id))
            }
        }
        self.mayHaveMissed = false
        self.bounds.advance(to: receipt.bounds)
        self.trimHot(grownFrom: before, environment)
    }
}

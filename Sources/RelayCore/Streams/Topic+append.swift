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
    }

    /// Publishes drafts as one run, in order.
    ///
    /// - Parameters:
    ///   - version: of the ``accessView`` from which the publisher's leave was decided.
    ///   - ticket: called once if the result is `accepted`, on any thread, possibly before this returns.
    func enqueue(_ drafts: [Draft], decidedOn version: UInt64, ticket: @escaping PublishTicket) -> EnqueueResult {
        self.enqueue(drafts, ticket) { $0.accessVersion == version }
    }

    /// Publishes what a kind has to say of its readers, unless the topic is gone. Nobody waits for it, so nobody is told if
    /// it can't be stored.
    func publish(_ events: [Draft]) {
        guard !events.isEmpty else { return }
        _ = self.enqueue(events, { _ in }, if: { $0.access.record != nil })
    }

    private func enqueue(
        _ drafts: [Draft],
        _ ticket: @escaping PublishTicket,
        if isWelcome: (borrowing TopicState) -> Bool
    ) -> EnqueueResult {
        let entry = AppendQueue<PublishTicket>.Entry(
            drafts: drafts,
            ticket: ticket,
            bytes: drafts.reduce(0) { $0 + $1.memoryCost }
        )
        let action = self.state.withLock { state -> AppendQueue<PublishTicket>.EnqueueAction? in
            guard state.phase == .open, isWelcome(state) else { return nil }
            return state.queue.enqueue(entry)
        }
        switch action {
        case nil:
            return .moved
        case .append(let entries):
            self.append(entries)
            return .accepted
        case .wait:
            return .accepted
        case .refuse:
            return .overloaded
        }
    }

    /// Appends batch after batch for as long as the store finishes each before its call returns.
    private func append(_ first: [AppendQueue<PublishTicket>.Entry]) {
        var next: [AppendQueue<PublishTicket>.Entry]? = first
        while let entries = next {
            let batch = AppendBatch(
                topic: self.key,
                drafts: entries.count == 1 ? entries[0].drafts : entries.flatMap(\.drafts),
                retention: self.behavior.retention(configured: self.environment.limits.retention),
                known: self.environment.isShared ? self.bounds : StreamBounds()
            )
            self.environment.store.append(batch) { self.appended(entries, batch.drafts, $0) }
            let (more, quiescence) = self.state.withLock { ($0.queue.appendReturned(), $0.takeQuiescence()) }
            quiescence?.resume(returning: true)
            next = more
        }
    }

    private func appended(
        _ entries: [AppendQueue<PublishTicket>.Entry],
        _ drafts: [Draft],
        _ result: Result<AppendReceipt, StoreError>
    ) {
        let now = self.environment.clock.now()
        let (toTell, action, quiescence) = self.state.withLock { state in
            switch result {
            case .success(let receipt): state.take(drafts, receipt, now: now, self.environment)
            case .failure(let error): state.mayHaveMissed = state.mayHaveMissed || error.code == .outcomeUnknown
            }
            return (state.markLoops(), state.queue.finished(), state.takeQuiescence())
        }
        for loop in toTell { loop.topicChanged(self) }
        self.answer(entries, result)
        quiescence?.resume(returning: true)
        switch action {
        case .append(let next): self.append(next)
        case .leaveToStarter, .rest: break
        }
    }

    private func answer(_ entries: [AppendQueue<PublishTicket>.Entry], _ result: Result<AppendReceipt, StoreError>) {
        switch result {
        case .failure(let error):
            for entry in entries { entry.ticket(.failure(error)) }
        case .success(let receipt) where entries.count == 1:
            entries[0].ticket(.success(receipt.stored))
        case .success(let receipt):
            var start = 0
            for entry in entries {
                let end = start + entry.drafts.count
                entry.ticket(.success(Array(receipt.stored[start..<end])))
                start = end
            }
        }
    }
}

extension TopicState {
    /// Puts stored drafts into the hot tier, and holds it to its bounds.
    fileprivate mutating func take(
        _ drafts: [Draft],
        _ receipt: AppendReceipt,
        now: Timestamp,
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
                self.hot.append(draft.message(id: stored.id))
            }
        }
        self.mayHaveMissed = false
        self.bounds.advance(to: receipt.bounds)
        self.trimHot(grownFrom: before, environment)
    }

    /// Holds the hot tier to its bounds, and accounts for what was added and dropped.
    mutating func trimHot(grownFrom before: Int, _ environment: TopicEnvironment) {
        _ = self.hot.drop(through: self.bounds.trimmedThrough)
        _ = self.hot.shrink(
            toMessages: environment.limits.hotMessagesPerTopic,
            bytes: environment.limits.hotBytesPerTopic
        )
        let excess = environment.budget.add(self.hot.bytes - before)
        if excess > 0 {
            environment.budget.add(-self.hot.shrink(toMessages: .max, bytes: self.hot.bytes - excess))
        }
    }
}

import RelayWire
import Synchronization

/// The publisher's side of a topic.
extension Topic {
    enum EnqueueResult {
        /// The ticket will be called, or has been.
        case accepted
        /// The topic is being deleted or has left memory: resolve its key again.
        case moved
        /// Too much is waiting for the store.
        case overloaded
    }

    /// Publishes drafts as one run, in order.
    ///
    /// - Parameter ticket: called once if the result is `accepted`, on any thread, possibly before this returns.
    func enqueue(_ drafts: [Draft], ticket: @escaping PublishTicket) -> EnqueueResult {
        let entry = AppendQueue<PublishTicket>.Entry(
            drafts: drafts,
            ticket: ticket,
            bytes: drafts.reduce(0) { $0 + $1.memoryCost }
        )
        let action = self.state.withLock { state -> AppendQueue<PublishTicket>.EnqueueAction? in
            guard state.phase == .open else { return nil }
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

    /// Publishes what a kind has to say of its readers. Nobody waits for it, so nobody is told if it can't be stored.
    func publish(_ events: [Draft]) {
        guard !events.isEmpty else { return }
        _ = self.enqueue(events, ticket: { _ in })
    }

    /// Appends batch after batch for as long as the store finishes each before its call returns.
    private func append(_ first: [AppendQueue<PublishTicket>.Entry]) {
        var next: [AppendQueue<PublishTicket>.Entry]? = first
        while let entries = next {
            let batch = AppendBatch(
                topic: self.key,
                drafts: entries.count == 1 ? entries[0].drafts : entries.flatMap(\.drafts),
                retention: self.behavior.retention(configured: self.environment.limits.retention)
            )
            self.environment.store.append(batch) { self.appended(entries, batch.drafts, $0) }
            let (more, quiescence) = self.state.withLock { ($0.queue.appendReturned(), $0.takeQuiescence()) }
            quiescence?.resume()
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
            if case .success(let receipt) = result {
                self.environment.budget.add(state.take(drafts, receipt, now: now, self.environment))
            }
            return (state.markLoops(), state.queue.finished(), state.takeQuiescence())
        }
        for loop in toTell { loop.topicChanged(self) }
        self.answer(entries, result)
        quiescence?.resume()
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
    ///
    /// - Returns: how many bytes the hot tier grew by; negative where it shrank.
    fileprivate mutating func take(
        _ drafts: [Draft],
        _ receipt: AppendReceipt,
        now: Timestamp,
        _ environment: TopicEnvironment
    ) -> Int {
        let before = self.hot.bytes
        for (draft, stored) in zip(drafts, receipt.stored) where !stored.isRepeat {
            self.hot.append(draft.message(id: stored.id))
        }
        self.bounds = receipt.bounds
        self.lastUse = now
        _ = self.hot.drop(through: receipt.bounds.trimmedThrough)
        _ = self.hot.shrink(
            toMessages: environment.limits.hotMessagesPerTopic,
            bytes: environment.limits.hotBytesPerTopic
        )
        let excess = environment.budget.excess + self.hot.bytes - before
        if excess > 0 {
            _ = self.hot.shrink(toMessages: .max, bytes: self.hot.bytes - excess)
        }
        return self.hot.bytes - before
    }
}

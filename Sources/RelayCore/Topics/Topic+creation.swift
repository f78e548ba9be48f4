import RelayWire
import Synchronization

/// A topic that is created by the first messages of its stream. Until that is done it is closed to publishers.
extension Topic {
    /// What the store is asked to create the topic with.
    func firstBatch(_ drafts: [Draft]) -> AppendBatch {
        let bounds = self.state.withLock { $0.bounds }
        return AppendBatch(
            topic: self.key,
            drafts: drafts,
            retention: self.behavior.retention(configured: self.environment.limits.retention),
            known: self.environment.isShared ? bounds : StreamBounds(),
            durability: self.awaitedDurability
        )
    }

    /// The topic is stored, and its first messages with it. One step for readers too: they see who may read it no later than what is in it.
    func finishCreation(_ stored: StoredTopic, _ drafts: [Draft], _ receipt: AppendReceipt) {
        let now = self.environment.clock.uptime()
        let toTell = self.state.withLock { state in
            state.access = TopicAccess(stored)
            state.take(drafts, receipt, now: now, self.environment)
            state.isStoring = true
            state.phase = .open
            return state.markLoops()
        }
        toTell.tell(self)
    }

    /// The store did not create the topic, or may have.
    func abandonCreation(_ error: StoreError) {
        self.state.withLock { state in
            state.mayHaveMissed = state.mayHaveMissed || error.code == .outcomeUnknown
            state.isStoring = false
            state.phase = .open
        }
    }

    /// Takes a topic out of service of which it is not known what is stored. Its readers are ended as by a store that fails, and come back
    /// to what is stored.
    ///
    /// - Parameter error: why the topic could not be read.
    func discard(since error: StoreError) {
        let toTell = self.state.withLock { state in
            state.phase = .retired
            state.discardedSince = error
            state.restart(at: state.bounds, self.environment)
            state.access = .missing
            return state.markLoops()
        }
        toTell.tell(self)
    }
}

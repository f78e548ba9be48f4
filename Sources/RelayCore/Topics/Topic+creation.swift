import RelayWire
import Synchronization

/// A topic that is created by the first messages of its stream. Until that is done it is closed to publishers.
extension Topic {
    /// What the store is asked to create the topic with.
    func firstBatch(_ drafts: [Draft]) -> AppendBatch {
        let known = self.environment.isShared ? self.bounds : StreamBounds()
        return self.environment.firstBatch(drafts, of: self.key, self.behavior, known)
    }

    /// The topic is stored, and its first messages with it. One step for readers too: they see who may read it no later than what is in it.
    func finishCreation(_ access: TopicAccess, _ drafts: [Draft], _ receipt: AppendReceipt) {
        let now = self.environment.clock.uptime()
        let toTell = self.state.withLock { state in
            state.access = access
            state.take(drafts, receipt, now: now, self.environment)
            state.isStoring = true
            state.phase = .open
            return state.markLoops()
        }
        toTell.tell(self)
    }

    /// A topic that the store has just created together with its first messages, and that this relay had not in memory.
    ///
    /// - Parameter receipt: of the messages.
    convenience init(
        created key: TopicKey,
        _ access: TopicAccess,
        _ drafts: [Draft],
        _ receipt: AppendReceipt,
        behavior: any TopicBehavior,
        in environment: TopicEnvironment
    ) {
        var before = receipt.bounds
        // Of what the name had before, nothing is left.
        before.last = before.trimmedThrough
        before.count = 0
        self.init(key: key, behavior: behavior, access: access, bounds: before, in: environment)
        self.finishCreation(access, drafts, receipt)
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

extension TopicEnvironment {
    /// - Parameter known: what this relay knows of the topic's stream.
    func firstBatch(
        _ drafts: [Draft],
        of key: TopicKey,
        _ behavior: any TopicBehavior,
        _ known: StreamBounds = StreamBounds()
    ) -> AppendBatch {
        AppendBatch(
            topic: key,
            drafts: drafts,
            retention: behavior.retention(configured: self.limits.retention),
            known: known,
            durability: self.awaited(nil),
            tier: behavior.tier,
            compactionKeys: behavior.compaction?.keys(of: drafts) ?? []
        )
    }
}

import NIOCore
import RelayWire
import Synchronization

/// What happens to a topic as a whole. Called by the broker, one change of a key at a time.
extension Topic {
    /// The topic, or that of which it is a part, was created, changed, or granted to somebody: every loop re-checks its readers.
    func apply(_ access: TopicAccess) {
        let toTell = self.state.withLock { state in
            // Another relay has deleted the one that was known.
            if let known = state.access.record, known.id != access.record?.id { state.deletions += 1 }
            state.access = access
            return state.markLoops(isUrgent: true)
        }
        toTell.tell(self)
    }

    /// Retention removed messages outside an append, in a store of this relay alone.
    func trimmed(to bounds: StreamBounds) {
        self.state.withLock { state in
            // Messages whose append has not been heard of yet are not in the hot tier.
            var bounds = bounds
            bounds.last = min(bounds.last, state.bounds.last)
            state.bounds.advance(to: bounds)
            self.environment.memory.addToHotTier(-state.hot.drop(through: bounds.trimmedThrough))
        }
    }

    /// Refuses publishers from now on, and returns once all that was accepted before is stored.
    ///
    /// - Returns: false where the topic has been retired: look its key up again.
    func close() async -> Bool {
        await withCheckedContinuation { continuation in
            let answer = self.state.withLock { state -> Bool? in
                guard state.phase != .retired else { return false }
                state.phase = .closed
                guard !state.queue.isIdle else { return true }
                state.quiescence = continuation
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// What it was closed for did not happen.
    func reopen() {
        self.state.withLock { $0.phase = .open }
    }

    /// The topic is deleted: what it held is gone, its readers are ended, and its name is free again.
    func finishDeletion(bounds: StreamBounds) {
        let toTell = self.state.withLock { state in
            // Where others write too, what they wrote since may be here already.
            if !self.environment.isShared || state.bounds.epoch.id != bounds.epoch.id {
                state.restart(at: bounds, self.environment)
            }
            state.mayHaveMissed = false
            state.access = .missing
            state.deletions += 1
            state.phase = .open
            return state.markLoops(isUrgent: true)
        }
        toTell.tell(self)
    }

    /// Takes the topic out of service if nobody uses it: no reader, no append, not used since `deadline`.
    ///
    /// - Returns: whether it is retired now; then its key must be looked up again.
    func retire(ifUnusedSince deadline: NIODeadline) -> Bool {
        self.state.withLock { state in
            guard state.phase == .open, state.loops.isEmpty, state.queue.isIdle, state.lastUse < deadline,
                !state.following.isListening
            else { return false }
            state.phase = .retired
            self.environment.memory.addToHotTier(-state.hot.bytes)
            state.hot = HotRing(floor: self.environment.isShared ? .max : state.bounds.last)
            return true
        }
    }
}

extension TopicState {
    /// - Returns: whoever closes the topic and waits for the append queue, once, if that is idle by now. Resume it after the lock.
    mutating func takeQuiescence() -> CheckedContinuation<Bool, Never>? {
        guard let waiting = self.quiescence, self.queue.isIdle else { return nil }
        self.quiescence = nil
        return waiting
    }
}

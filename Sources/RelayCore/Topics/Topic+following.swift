public import NIOCore
import RelayWire
import Synchronization

/// The topic and the news of its stream. What a call returns is for the broker to do.
extension Topic {
    /// Whether readers may join it as it is.
    var admitsReaders: Bool {
        self.state.withLock { $0.phase != .retired && $0.following.admitsReaders }
    }

    /// Whether it hears news of its stream, or is about to.
    var isListening: Bool {
        self.state.withLock { $0.following.isListening }
    }

    /// Begins to listen, from now on or soon: news that comes is kept until ``positioned(_:)``.
    ///
    /// - Returns: whether the broker must ask for news and for the position.
    func beginTuning() -> Bool {
        let now = self.environment.clock.uptime()
        return self.state.withLock { state in
            guard case .deaf = state.following else { return false }
            state.following = .tuning(Backlog())
            // Whoever asked is about to read.
            state.lastRead = now
            return true
        }
    }

    /// Listening could not begin.
    func abandonTuning() {
        self.state.withLock { state in
            guard case .tuning = state.following else { return }
            state.following = .deaf
        }
    }

    func grew(_ growth: StreamGrowth) -> TopicState.FollowStep {
        let now = self.environment.clock.uptime()
        return self.following { state in
            if growth.isAppend { state.lastUse = now }
            return state.grew(growth, self.environment)
        }
    }

    /// A reader has found the stream further on, or another one, than what is known here.
    func doubt() {
        self.environment.unsure.insert(self.key)
    }

    /// Whether what is known of the topic itself is in doubt, where its stream has these bounds: it may have been made meanwhile, or be a
    /// new one of the same name.
    func mayBeAnother(at bounds: StreamBounds) -> Bool {
        self.state.withLock { state in
            if state.accessView.exists { return bounds.epoch.id != state.bounds.epoch.id }
            return bounds.last != state.bounds.last || bounds.last > bounds.trimmedThrough
        }
    }

    func positioned(_ bounds: StreamBounds) -> TopicState.FollowStep {
        let now = self.environment.clock.uptime()
        return self.following { state in
            state.positionedAt = now
            return state.positioned(bounds, self.environment)
        }
    }

    /// When the store last said where the stream stands: what it has had up to then this relay has heard of, or reads. Nil where it was not
    /// asked, as by a relay that writes its store alone.
    ///
    /// For readers that must not miss what goes by itself: between two of these moments they have missed no message that lasts longer.
    public var positionedAt: NIODeadline? { self.state.withLock { $0.positionedAt } }

    func repaired(_ result: Result<StoredPage, StoreError>, missed: MissedStretch) -> TopicState.FollowStep {
        self.following { $0.repaired(result, missed: missed, self.environment) }
    }

    /// Stops listening where nobody has read since `deadline`.
    ///
    /// - Returns: whether it did; then the broker tells the feed.
    func rest(ifUnreadSince deadline: NIODeadline) -> Bool {
        self.state.withLock { state in
            guard case .live = state.following, state.loops.isEmpty, state.lastRead < deadline else { return false }
            state.deafen(self.environment)
            return true
        }
    }

    private func following(
        _ change: (inout TopicState) -> TopicState.FollowStep
    ) -> TopicState.FollowStep {
        let (step, toTell) = self.state.withLock { state in
            let before = state.bounds
            let step = change(&state)
            let isNews = state.bounds.last != before.last || state.bounds.epoch.id != before.epoch.id
            return (step, isNews ? state.markLoops() : LoopsToTell())
        }
        toTell.tell(self)
        return step
    }
}

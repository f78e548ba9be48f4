import RelayWire

/// Keeping up with a stream that others write too.
///
/// The rule: the hot tier grows only by what continues it without a break. News whose predecessor is not here yet waits until that
/// was read from the store, and so does news of messages that did not come along. The epoch changes only by an answer of the store itself:
/// news of another epoch may be older than what is known.
///
/// Everybody may wait for a topic that does not exist. So nothing of one that is not known to exist is taken, from news or from the store:
/// who may read it is found out first. What its stream had before is passed over.
extension TopicState {
    /// What to do once the lock is released.
    enum FollowStep: Hashable, Sendable {
        case rest
        /// Read this from the store, and hand it to ``repaired(_:missed:_:)``.
        case read(MissedStretch)
        /// Ask for the stream's position, and hand it to ``positioned(_:_:)``.
        case check
    }

    /// Others, or this relay, have stored something.
    mutating func grew(_ growth: StreamGrowth, _ environment: TopicEnvironment) -> FollowStep {
        switch self.following {
        case .alone, .deaf:
            return .rest
        case .tuning(var backlog):
            backlog.add(growth)
            self.following = .tuning(backlog)
            return .rest
        case .repairing(let missed, var backlog):
            backlog.add(growth)
            self.following = .repairing(missed, backlog)
            return .rest
        case .live:
            guard self.accessView.exists || growth.bounds.last <= self.bounds.last else { return .check }
            guard self.continues(growth.bounds) else { return .check }
            if self.contradicts(growth) { return .check }
            guard growth.needed > self.bounds.last else {
                self.extend(by: growth, environment)
                return .rest
            }
            let missed = MissedStretch(epoch: self.bounds.epoch.id, after: self.bounds.last, through: growth.needed)
            self.following = .repairing(missed, Backlog([growth]))
            return .read(missed)
        }
    }

    /// Whether what has these bounds may be of the history that the hot tier holds.
    private func continues(_ bounds: StreamBounds) -> Bool {
        bounds.epoch.id == self.bounds.epoch.id || self.bounds.epoch == .none
    }

    /// Whether the news shows that the store no longer has what is known here: an append begins where another one ended.
    private func contradicts(_ growth: StreamGrowth) -> Bool {
        growth.previous < self.bounds.last && growth.bounds.last > self.bounds.last
            && self.bounds.last > self.bounds.trimmedThrough
    }

    /// The store has said where the stream stands. Its answers come in the order in which it was asked.
    ///
    /// - Parameter bounds: were asked for before the topic was looked for, if that is not known to exist. A topic is stored no later than
    ///   its first message, so what the stream had by then is nobody's.
    mutating func positioned(_ bounds: StreamBounds, _ environment: TopicEnvironment) -> FollowStep {
        let bounds = self.accessView.exists ? bounds : bounds.emptied
        switch self.following {
        case .alone:
            return .rest
        case .deaf:
            self.bounds = bounds
            return .rest
        case .tuning(let backlog):
            self.restart(at: bounds, environment)
            self.following = .live
            return self.replay(backlog, environment)
        case .live where bounds.epoch == .none, .repairing where bounds.epoch == .none:
            // Asked before the first message, which has been heard of since.
            return .rest
        case .repairing(_, let backlog) where !self.takesUp(bounds):
            self.passOver(to: bounds, environment)
            self.following = .live
            return self.replay(backlog, environment)
        case .live where !self.takesUp(bounds):
            self.passOver(to: bounds, environment)
            return .rest
        case .live, .repairing:
            return self.grew(StreamGrowth(upTo: bounds), environment)
        }
    }

    /// Whether what lies before the position is to be read.
    private func takesUp(_ bounds: StreamBounds) -> Bool {
        self.continues(bounds) && self.accessView.exists
    }

    private mutating func passOver(to bounds: StreamBounds, _ environment: TopicEnvironment) {
        guard !self.continues(bounds) || bounds.last > self.bounds.last else { return }
        self.restart(at: bounds, environment)
    }

    /// What was missed has been read, or could not be.
    mutating func repaired(
        _ result: Result<StoredPage, StoreError>,
        missed: MissedStretch,
        _ environment: TopicEnvironment
    ) -> FollowStep {
        guard case .repairing(missed, let backlog) = self.following else { return .rest }
        self.following = .live
        guard case .success(let page) = result, missed.epoch == self.bounds.epoch.id, self.takesUp(page.bounds),
            page.bounds.last >= missed.through
        else { return .check }
        var bounds = page.bounds
        // What lies between is gone, or a snapshot stands for it, which may lie behind the stretch.
        bounds.last = max(missed.through, bounds.trimmedThrough, page.messages.last?.id ?? .zero)
        if page.hasMore || page.lostThrough != nil {
            // Too far behind, or not whole: readers catch up on their own, from the store.
            self.restart(at: bounds, environment)
        } else {
            self.extend(by: StreamGrowth(previous: missed.after, messages: page.messages, bounds: bounds), environment)
        }
        return self.replay(backlog, environment)
    }

    private mutating func replay(_ backlog: Backlog, _ environment: TopicEnvironment) -> FollowStep {
        guard !backlog.isCut else { return .check }
        var step = FollowStep.rest
        for growth in backlog.growths {
            let next = self.grew(growth, environment)
            if next != .rest { step = next }
        }
        return step
    }

    /// Takes what comes right after the hot tier's end, or overlaps it.
    private mutating func extend(by growth: StreamGrowth, _ environment: TopicEnvironment) {
        let before = self.hot.bytes
        // Retention may have passed the end of what was read.
        let end = max(self.bounds.last, self.hot.floor)
        for message in growth.messages where message.id > end {
            self.addToHot(message)
        }
        self.bounds.advance(to: growth.bounds)
        self.trimHot(grownFrom: before, environment)
    }

    /// Begins anew at the stream's end, with nothing in the hot tier. What is deaf holds nothing from there on either.
    mutating func restart(at bounds: StreamBounds, _ environment: TopicEnvironment) {
        environment.memory.addToHotTier(-self.hot.bytes)
        self.hot = HotRing(floor: self.following.admitsReaders || self.following.isListening ? bounds.last : .max)
        self.bounds = bounds
    }

    /// Stops listening; no reader is left.
    mutating func deafen(_ environment: TopicEnvironment) {
        environment.memory.addToHotTier(-self.hot.bytes)
        self.hot = HotRing(floor: .max)
        self.following = .deaf
    }
}

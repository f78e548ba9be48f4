import RelayWire
import Synchronization

/// The readers' side of a topic.
extension Topic {
    /// What a reading loop finds when it looks at a topic after it was told to.
    struct Look {
        var messages: LookedAt
        /// The ends of the stream at this instant.
        var bounds: StreamBounds
        var accessView: AccessView
        var deletions: UInt64
        /// Set where the topic has been retired: its readers are to be ended with this.
        var discardedSince: StoreError?

        var access: TopicAccess { self.accessView.access }
        var accessVersion: UInt64 { self.accessView.version }

        enum LookedAt {
            /// What came after the loop's position; `cursor` is its new position.
            case slice(StreamSlice)
            /// The hot tier no longer reaches back to the loop's position.
            case evicted
        }
    }

    /// Starts telling `loop` when the stream grows, ends, or changes hands.
    ///
    /// - Returns: the look from which the loop starts, standing at the stream's end; nil where the topic has moved.
    func attach(_ loop: any ReadingLoop) -> Look? {
        let now = self.environment.clock.uptime()
        var isNews = false
        let look: Look? = self.state.withLock { state in
            guard state.phase != .retired, state.following.admitsReaders else { return nil }
            let hadReaders = state.hasReaders
            state.loops.append(.init(loop: loop, isMarked: false))
            isNews = state.hasReaders != hadReaders
            state.lastUse = now
            state.lastRead = now
            return state.look(
                .slice(StreamSlice(messages: [], cursor: state.bounds.last, hasMore: false))
            )
        }
        if isNews { self.environment.readerNews.note(self.key) }
        return look
    }

    /// The topic as it is now, for a reader that joins a loop's others; nil where the topic has moved.
    func standing() -> Look? {
        self.state.withLock { state in
            guard state.phase != .retired else { return nil }
            return state.look(.slice(StreamSlice(messages: [], cursor: state.bounds.last, hasMore: false)))
        }
    }

    /// The loop's last reader has left.
    func detach(_ loop: any ReadingLoop) {
        let now = self.environment.clock.uptime()
        let isNews = self.state.withLock { state in
            let hadReaders = state.hasReaders
            state.loops.removeAll { $0.loop === loop }
            state.lastUse = now
            state.lastRead = now
            return state.hasReaders != hadReaders
        }
        if isNews { self.environment.readerNews.note(self.key) }
    }

    /// The moment at which messages have to be alive for readers to be handed them.
    var readingTime: Timestamp {
        self.behavior.handsOutExpired ? Timestamp(microseconds: 0) : self.environment.clock.now()
    }

    /// Takes what has come after `position`, and lets the loop be told again.
    func look(for loop: any ReadingLoop, after position: MessageID, limits: SliceLimits) -> Look {
        let now = self.readingTime
        return self.state.withLock { state in
            if let index = state.loops.firstIndex(where: { $0.loop === loop }) {
                state.loops[index].isMarked = false
            }
            let slice = state.hot.slice(after: position, through: state.bounds.last, limits: limits, now: now)
            return state.look(slice.map(Look.LookedAt.slice) ?? .evicted)
        }
    }

    /// Marks the loop as told: it will look at the topic by itself.
    ///
    /// - Returns: false where it has been told already.
    func mark(_ loop: any ReadingLoop) -> Bool {
        self.state.withLock { state in
            guard let index = state.loops.firstIndex(where: { $0.loop === loop }), !state.loops[index].isMarked else {
                return false
            }
            state.loops[index].isMarked = true
            return true
        }
    }

    /// Lets a loop be told again that takes what has come by other ways than ``look(for:after:limits:)``.
    func unmark(_ loop: any ReadingLoop) {
        self.state.withLock { state in
            guard let index = state.loops.firstIndex(where: { $0.loop === loop }) else { return }
            state.loops[index].isMarked = false
        }
    }

    /// What the hot tier alone has for one reader.
    struct HotRead {
        /// Nil where the hot tier does not reach back so far.
        var slice: StreamSlice?
        var bounds: StreamBounds
        var accessVersion: UInt64
    }

    func readHot(after id: MessageID, through: MessageID, limits: SliceLimits) -> HotRead {
        let now = self.readingTime
        return self.state.withLock { state in
            HotRead(
                slice: state.hot.slice(after: id, through: through, limits: limits, now: now),
                bounds: state.bounds,
                accessVersion: state.accessVersion
            )
        }
    }

    /// The newest messages before `id`, newest first, from the hot tier alone; nil where it can't fill the page.
    func newestHot(before id: MessageID?, count: Int) -> (messages: [Message], bounds: StreamBounds)? {
        let now = self.environment.clock.now()
        return self.state.withLock { state in
            state.hot.newest(before: id, count: count, now: now).map { ($0, state.bounds) }
        }
    }
}

extension TopicState {
    fileprivate func look(_ messages: Topic.Look.LookedAt) -> Topic.Look {
        Topic.Look(
            messages: messages,
            bounds: self.bounds,
            accessView: self.accessView,
            deletions: self.deletions,
            discardedSince: self.discardedSince
        )
    }
}

import NIOCore
import Synchronization

/// What a topic holds of the hot tier, and gives back.
extension Topic {
    /// Drops the older half of the hot tier, all of it where nobody used the topic since `deadline`.
    ///
    /// - Returns: the bytes set free.
    func yieldMemory(ifUnusedSince deadline: NIODeadline) -> Int {
        self.state.withLock { state in
            let keep = state.lastUse < deadline ? 0 : state.hot.bytes / 2
            let freed = state.hot.shrink(toMessages: .max, bytes: keep)
            self.environment.memory.addToHotTier(-freed)
            return freed
        }
    }
}

extension TopicState {
    /// Puts a message at the hot tier's end. In a compacted stream what it replaces goes.
    mutating func addToHot(_ message: Message) {
        self.hot.append(message)
        guard let key = self.compaction?.key(of: message) else { return }
        let replaced = self.latest.note(
            key,
            message.id,
            kept: self.hot.messages.count,
            from: self.hot.messages.first?.id
        )
        if let replaced { self.hot.remove(replaced) }
    }

    /// Holds the hot tier to its bounds, and accounts for what was added and dropped.
    mutating func trimHot(grownFrom before: Int, _ environment: TopicEnvironment) {
        _ = self.hot.drop(through: self.bounds.trimmedThrough)
        let most = environment.limits.hotTier
        _ = self.hot.shrink(toMessages: most.messages, bytes: most.bytes)
        let excess = environment.memory.addToHotTier(self.hot.bytes - before)
        if excess > 0 {
            environment.memory.addToHotTier(-self.hot.shrink(toMessages: .max, bytes: self.hot.bytes - excess))
        }
    }
}

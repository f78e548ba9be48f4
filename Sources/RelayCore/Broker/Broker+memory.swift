import NIOCore

/// Which topics give up what they have in the hot tier, and when. How much of it ``Topic/yieldMemory(ifUnusedSince:)`` says.
extension Broker {
    /// Takes memory back from other topics when the hot tier as a whole is full, or has to make room for others.
    ///
    /// The publisher who fills it up does the work: it frees a twentieth at least, so it falls to few. Topics unused for a while lose
    /// everything, others half, until there is room.
    public func reclaimMemoryIfNeeded() {
        let (held, allowance) = (self.memory.bytes(in: .hotTier), self.memory.hotTierAllowance)
        guard held > allowance / 20 * 19, held > 0 else { return }
        let deadline = self.clock.uptime() - TopicTable.idleTime
        var toFree = held - allowance / 10 * 9
        for topic in self.table.all where toFree > 0 {
            toFree -= topic.yieldMemory(ifUnusedSince: deadline)
        }
    }
}

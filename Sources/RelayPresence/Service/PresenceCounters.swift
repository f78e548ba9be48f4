import Synchronization

/// What presence counts on this relay.
final class PresenceCounters: Sendable {
    private let bytes = Atomic<Int>(0)
    private let writes = Atomic<Int>(0)
    private let coalesced = Atomic<Int>(0)
    private let failedWrites = Atomic<Int>(0)
    private let syncs = Atomic<Int>(0)
    private let handouts = Atomic<Int>(0)
    private let expired = Atomic<Int>(0)

    /// Members are charged with so many bytes more.
    func hold(_ bytes: Int) { self.bytes.add(bytes, ordering: .relaxed) }

    func write(_ words: Int) { self.writes.add(words, ordering: .relaxed) }

    func coalesce(_ changes: Int) { self.coalesced.add(changes, ordering: .relaxed) }

    func failWrite() { self.failedWrites.add(1, ordering: .relaxed) }

    func handOut(isSync: Bool) {
        if isSync { self.syncs.add(1, ordering: .relaxed) } else { self.handouts.add(1, ordering: .relaxed) }
    }

    func expire(_ members: Int) { self.expired.add(members, ordering: .relaxed) }

    func figures(members: Int, topics: Int) -> PresenceFigures {
        var figures = PresenceFigures()
        figures.members = members
        figures.topics = topics
        figures.bytes = self.bytes.load(ordering: .relaxed)
        figures.writes = self.writes.load(ordering: .relaxed)
        figures.coalesced = self.coalesced.load(ordering: .relaxed)
        figures.failedWrites = self.failedWrites.load(ordering: .relaxed)
        figures.syncs = self.syncs.load(ordering: .relaxed)
        figures.handouts = self.handouts.load(ordering: .relaxed)
        figures.expired = self.expired.load(ordering: .relaxed)
        return figures
    }
}

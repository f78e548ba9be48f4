import RelayCore

/// The topics that one connection follows, in the order in which it joined them. They count among all of its user's.
struct Subscriptions: ~Copyable {
    private(set) var readers: [Reader] = []
    /// None before it has joined any.
    private var share: SubscriptionQuota.Share?
    /// The topic that is the first to go on when the socket has room again, so that none waits for the others' end.
    private var firstToGoOn = 0

    var count: Int { self.readers.count }
    var names: [TopicName] { self.readers.map(\.topic.name) }

    mutating func add(_ joined: consuming JoinedReaders) {
        self.readers += joined.readers
        if self.share == nil {
            self.share = consume joined.share
        } else {
            self.share?.absorb(joined.share)
        }
    }

    /// Takes out those of these names, in one pass, however many names there are.
    mutating func remove(_ names: Set<TopicName>) -> [Reader] {
        let removed = self.readers.filter { names.contains($0.topic.name) }
        guard !removed.isEmpty else { return [] }
        self.readers.removeAll { names.contains($0.topic.name) }
        self.share?.remove(removed.count)
        return removed
    }

    mutating func remove(_ name: TopicName) -> Reader? {
        guard let place = self.readers.firstIndex(where: { $0.topic.name == name }) else { return nil }
        self.share?.remove(1)
        return self.readers.remove(at: place)
    }

    mutating func removeAll() -> [Reader] {
        let all = self.readers
        self.readers = []
        self.firstToGoOn = 0
        self.share = nil
        return all
    }

    /// Each reader once for as many calls as there are, whichever came first last time.
    mutating func nextToGoOn() -> Reader? {
        guard !self.readers.isEmpty else { return nil }
        let place = self.firstToGoOn % self.readers.count
        self.firstToGoOn = place + 1
        return self.readers[place]
    }
}

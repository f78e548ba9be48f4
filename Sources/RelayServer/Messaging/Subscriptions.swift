import RelayCore

/// The topics that one connection follows, in the order in which it joined them.
struct Subscriptions {
    private(set) var readers: [Reader] = []
    /// The topic that is the first to go on when the socket has room again, so that none waits for the others' end.
    private var firstToGoOn = 0

    var count: Int { self.readers.count }
    var names: [TopicName] { self.readers.map(\.topic.name) }

    mutating func add(_ readers: [Reader]) { self.readers += readers }

    mutating func remove(_ name: TopicName) -> Reader? {
        guard let place = self.readers.firstIndex(where: { $0.topic.name == name }) else { return nil }
        return self.readers.remove(at: place)
    }

    mutating func removeAll() -> [Reader] {
        defer { self = Subscriptions() }
        return self.readers
    }

    /// Each reader once for as many calls as there are, whichever came first last time.
    mutating func nextToGoOn() -> Reader? {
        guard !self.readers.isEmpty else { return nil }
        let place = self.firstToGoOn % self.readers.count
        self.firstToGoOn = place + 1
        return self.readers[place]
    }
}

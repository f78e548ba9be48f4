import RelayCore
import RelayWire

/// The topics that one WebSocket follows, in the order in which they were subscribed to.
struct WebSocketSubscriptions {
    /// Topics that one connection may follow.
    static let limit = 1_000

    private var byName: [TopicName: Reader] = [:]
    private(set) var names: [TopicName] = []
    /// The topic that is the first to go on when the socket has room again, so that none waits for the others' end.
    private var firstToGoOn = 0

    var count: Int { self.names.count }
    var readers: some Collection<Reader> { self.byName.values }

    func contains(_ name: TopicName) -> Bool { self.byName[name] != nil }

    mutating func add(_ readers: [Reader]) {
        for reader in readers {
            self.byName[reader.topic.name] = reader
            self.names.append(reader.topic.name)
        }
    }

    mutating func remove(_ name: TopicName) -> Reader? {
        guard let reader = self.byName.removeValue(forKey: name) else { return nil }
        self.names.removeAll { $0 == name }
        return reader
    }

    mutating func removeAll() -> [Reader] {
        defer { self = WebSocketSubscriptions() }
        return Array(self.byName.values)
    }

    /// Each reader once for as many calls as there are, whichever came first last time.
    mutating func nextToGoOn() -> Reader? {
        guard !self.names.isEmpty else { return nil }
        let index = self.firstToGoOn % self.names.count
        self.firstToGoOn = index + 1
        return self.byName[self.names[index]]
    }

    /// Where each topic's next message comes after, and in which epoch.
    func told(by readers: LoopReaders) -> (cursors: [String: MessageID], epochs: [String: String]) {
        var cursors: [String: MessageID] = [:]
        var epochs: [String: String] = [:]
        for (name, reader) in self.byName {
            cursors[name.rawValue] = readers.cursor(of: reader)
            epochs[name.rawValue] = reader.toldEpoch.flatMap(StreamEpoch.told)
        }
        return (cursors, epochs)
    }
}

extension SubscribeFrame {
    /// Where the client wants to begin in a topic: at its cursor, or as the frame's offset says.
    func start(of topic: TopicName) -> ReaderStart {
        if let cursor = self.cursors[topic.rawValue] { return .cursor(Cursor(clientText: cursor)) }
        return ReaderStart(offset: self.offset ?? "")
    }
}
